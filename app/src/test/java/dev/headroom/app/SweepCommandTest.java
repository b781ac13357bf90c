package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real sweeps on the generated digits. */
class SweepCommandTest {
  private static Run sweep(Path history, String... more) {
    List<String> words =
        new java.util.ArrayList<>(List.of("sweep", "mlp", "--data", "digits", "--history"));
    words.add(history.toString());
    words.addAll(List.of(more));
    if (!words.contains("--target")) {
      words.addAll(List.of("--target", "0.93"));
    }
    return Run.of(words.toArray(new String[0]));
  }

  @Test
  void everyBatchIsMeasuredJudgedRememberedAndDrawn(@TempDir Path folder) throws Exception {
    Path history = folder.resolve("runs.db");
    String[] options = {"--batches", "512,64,16", "--seeds", "2", "--json"};
    Run first = sweep(history, options);
    assertThat(first.exit()).as(first.err()).isEqualTo(Exit.OK);
    JsonNode json = first.json();
    assertThat(json.get("batches").size()).isEqualTo(3);
    double steps = Double.POSITIVE_INFINITY;
    for (JsonNode b : json.get("batches")) {
      assertThat(b.at("/stepsToTarget/n").asInt()).isEqualTo(2);
      assertThat(b.at("/stepsToTarget/mean").asDouble()).isLessThan(steps);
      steps = b.at("/stepsToTarget/mean").asDouble();
      assertThat(b.get("finalAccuracy").asDouble()).isBetween(0.93, 1.0);
      assertThat(b.get("imagesPerSecond").asDouble()).isPositive();
      assertThat(b.get("lossNoise").asDouble()).isPositive();
      // What is planned covers the noise probes, what is measured the first three iterations.
      assertThat(b.get("measuredPeakLiveBytes").asLong())
          .isBetween(1L, b.get("peakLiveBytes").asLong());
    }
    // Few images in a step, noisy losses.
    assertThat(json.at("/batches/0/lossNoise").asDouble())
        .isGreaterThan(json.at("/batches/2/lossNoise").asDouble());
    JsonNode worth = json.get("worthUsing");
    assertThat(worth.get("batch").asInt()).isIn(16, 64, 512);
    assertThat(worth.get("low").asInt()).isLessThanOrEqualTo(worth.get("batch").asInt());
    assertThat(worth.get("high").asInt()).isGreaterThanOrEqualTo(worth.get("batch").asInt());
    assertThat(json.get("noiseScale").size()).isPositive();

    // The second time nothing is run: the same figures to the last digit, seconds included.
    assertThat(sweep(history, options).out()).isEqualTo(first.out());
    // A batch more: the others are not run again.
    Path pictures = folder.resolve("pictures");
    Run wider =
        sweep(
            history,
            "--batches",
            "16,64,256,512",
            "--seeds",
            "2",
            "--pictures",
            pictures.toString());
    assertThat(wider.err()).contains("6 of 8 runs were in");
    assertThat(wider.out()).contains("Worth using: batch", "critical batch", "Training loss");
    assertThat(wider.out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(80));
    for (String name :
        List.of("loss-by-steps", "loss-by-time", "throughput", "memory", "time-to-target")) {
      assertThat(ImageIO.read(pictures.resolve(name + ".png").toFile()).getWidth()).isEqualTo(900);
      assertThat(Files.readString(pictures.resolve(name + ".svg"))).contains("<svg");
    }
    try (var db = DriverManager.getConnection("jdbc:sqlite:" + history);
        var rows =
            db.createStatement().executeQuery("SELECT count(*) FROM run WHERE seconds > 0")) {
      assertThat(rows.getInt(1)).isEqualTo(8);
    }
  }

  @Test
  void rulesForTheLearningRateAndRunsAtOnce(@TempDir Path folder) {
    Run run =
        sweep(
            folder.resolve("runs.db"),
            "--batches",
            "64,256",
            "--seeds",
            "1",
            "--lr-rule",
            "sqrt",
            "--warm-up",
            "20",
            "--parallel",
            "2",
            "--json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/batches/0/learningRate").asDouble()).isEqualTo(1e-3);
    assertThat(run.json().at("/batches/1/learningRate").asDouble()).isEqualTo(2e-3);
    assertThat(run.json().at("/batches/1/arrived").asInt()).isEqualTo(1);
  }

  @Test
  void runsOfAnotherBuildAreRunAgainAndSaid(@TempDir Path folder) throws Exception {
    Path history = folder.resolve("runs.db");
    String[] options = {"--batches", "512,1024", "--seeds", "1", "--epochs", "1", "--json"};
    Run first = sweep(history, options);
    assertThat(first.err()).doesNotContain("another build", "already");
    assertThat(sweep(history, options).err())
        .contains("2 of 2 runs were in")
        .doesNotContain("another build");

    // One as another build writes it, one as it was before builds were told apart.
    change(history, "UPDATE run SET key = key || '0' WHERE batch = 512");
    change(
        history,
        "UPDATE run SET key = substr(key, 1, instr(key, '|build=') - 1) WHERE batch = 1024");
    Run again = sweep(history, options);
    assertThat(again.exit()).as(again.err()).isEqualTo(Exit.OK);
    assertThat(again.err())
        .contains("2 of 2 runs in " + history + " are of another build of Headroom")
        .doesNotContain("already");
    for (int i = 0; i < 2; i++) {
      String steps = "/batches/" + i + "/images";
      assertThat(again.json().at(steps)).isEqualTo(first.json().at(steps));
      String seconds = "/batches/" + i + "/imagesPerSecond";
      assertThat(again.json().at(seconds)).isNotEqualTo(first.json().at(seconds));
    }
    assertThat(sweep(history, options).err())
        .contains("2 of 2 runs were in")
        .doesNotContain("another build");
  }

  private static void change(Path history, String sql) throws Exception {
    try (var db = DriverManager.getConnection("jdbc:sqlite:" + history);
        var statement = db.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  @Test
  void aTargetOutOfReachHasNoVerdict(@TempDir Path folder) {
    Run run =
        sweep(
            folder.resolve("runs.db"),
            "--batches",
            "512",
            "--seeds",
            "1",
            "--epochs",
            "1",
            "--target",
            "1.0",
            "--json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    assertThat(run.json().has("worthUsing")).isFalse();
    assertThat(run.json().at("/batches/0").has("stepsToTarget")).isFalse();
  }

  @Test
  void whatDoesNotFitIsLeftOutAndNothingAtAllIsAnError(@TempDir Path folder) {
    Run none =
        sweep(folder.resolve("runs.db"), "--batches", "64", "--budget", "1MiB", "--seeds", "1");
    assertThat(none.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    Run part =
        sweep(
            folder.resolve("runs.db"),
            "--batches",
            "64,8192",
            "--budget",
            "16MiB",
            "--seeds",
            "1",
            "--epochs",
            "1",
            "--json");
    assertThat(part.json().get("doNotFit").toString()).isEqualTo("[8192]");
    assertThat(part.json().at("/batches").size()).isEqualTo(1);
  }

  @Test
  void aFileThatIsNoHistoryIsLeftAlone(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("notes.txt"), "no database, but my notes");
    Run run = sweep(file, "--batches", "64", "--seeds", "1");
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("notes.txt").doesNotContain("Exception");
    assertThat(Files.readString(file)).isEqualTo("no database, but my notes");
  }
}
