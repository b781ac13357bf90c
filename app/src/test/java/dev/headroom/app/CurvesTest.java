package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Curves of a real run, as TensorBoard and as a spreadsheet read them. */
class CurvesTest {
  private static Run train(Path folder) {
    return Run.of(
        "train",
        "mlp",
        "--quiet",
        "--json",
        "--noise-scale",
        "--tensorboard",
        folder.resolve("tb").toString(),
        "--csv",
        folder.resolve("run.csv").toString());
  }

  @Test
  void everyStepAndEveryLookIsARow(@TempDir Path folder) throws IOException {
    Run run = train(folder);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    List<String> rows = Files.readAllLines(folder.resolve("run.csv"));
    assertThat(rows.getFirst()).isEqualTo("step,curve,value");
    long steps = run.json().get("steps").asLong();
    assertThat(rows.stream().filter(r -> r.contains(",train/loss,"))).hasSize((int) steps);
    assertThat(rows)
        .contains(steps + ",test/accuracy," + run.json().at("/test/accuracy").asDouble());
  }

  @Test
  void tensorboardsOwnReaderReadsTheEvents(@TempDir Path folder) throws Exception {
    String python = System.getenv().getOrDefault("HEADROOM_PYTHON", "python3");
    Assumptions.assumeTrue(
        output(python, "-c", "import tensorboard").equals(""),
        "skipped: no Python with tensorboard (set HEADROOM_PYTHON)");
    Run run = train(folder);
    String script =
        "import sys\n"
            + "from tensorboard.backend.event_processing.event_accumulator import"
            + " EventAccumulator\n"
            + "a = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0}); a.Reload()\n"
            + "l = a.Scalars('train/loss'); t = a.Scalars('test/accuracy')\n"
            + "print(len(l), l[0].step, l[-1].step, '%.4f' % t[-1].value,"
            + " sorted(a.Tags()['scalars']))\n";
    long steps = run.json().get("steps").asLong();
    assertThat(output(python, "-c", script, folder.resolve("tb").toString()).strip())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "%d 1 %d %.4f ['test/accuracy', 'test/loss', 'train/loss', 'train/noise_scale']",
                steps,
                steps,
                run.json().at("/test/accuracy").asDouble()));
  }

  @Test
  void tensorboardsOwnReaderReadsEveryRunOfASweep(@TempDir Path folder) throws Exception {
    String python = System.getenv().getOrDefault("HEADROOM_PYTHON", "python3");
    Path csv = folder.resolve("sweep.csv");
    Run run =
        Run.of(
            "sweep",
            "mlp",
            "--data",
            "digits",
            "--quiet",
            "--json",
            "--target",
            "0.9",
            "--batches",
            "64,256",
            "--seeds",
            "2",
            "--history",
            folder.resolve("runs.db").toString(),
            "--tensorboard",
            folder.resolve("tb").toString(),
            "--csv",
            csv.toString());
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    List<String> rows = Files.readAllLines(csv);
    List<String> last = rows.stream().filter(r -> r.startsWith("256,1,")).toList();
    assertThat(Double.parseDouble(last.getLast().split(",")[5])).isBetween(0.9, 1.0);
    try (Stream<Path> runs = Files.list(folder.resolve("tb"))) {
      assertThat(runs.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "batch-64-seed-0", "batch-64-seed-1", "batch-256-seed-0", "batch-256-seed-1");
    }
    Assumptions.assumeTrue(
        output(python, "-c", "import tensorboard").isEmpty(),
        "skipped: no Python with tensorboard (set HEADROOM_PYTHON)");
    String script =
        "import sys; from tensorboard.backend.event_processing.event_accumulator import"
            + " EventAccumulator\n"
            + "a = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0}); a.Reload()\n"
            + "t = a.Scalars('test/accuracy')\n"
            + "print(len(t), t[-1].step, '%.4f' % t[-1].value,"
            + " '%.3f' % (t[-1].wall_time - t[0].wall_time))\n";
    String[] first = last.getFirst().split(",");
    String[] end = last.getLast().split(",");
    assertThat(
            output(python, "-c", script, folder.resolve("tb/batch-256-seed-1").toString()).strip())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "%d %s %.4f %.3f",
                last.size(),
                end[2],
                Double.parseDouble(end[5]),
                Double.parseDouble(end[3]) - Double.parseDouble(first[3])));
  }

  @Test
  void aPlaceThatCannotBeWrittenIsKnownBeforeTraining(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Run run = Run.of("train", "mlp", "--quiet", "--tensorboard", file.resolve("tb").toString());
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("file").doesNotContain("bug");
  }

  private static String output(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? text : "failed";
    } catch (IOException e) {
      return "failed";
    }
  }
}
