package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that goes on from a checkpoint computes the same bits as one that never ended. */
class ResumeTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "adam",
        "adamw --optimizer-impl fused",
        "sgd --accumulate 3",
        "momentum --optimizer-impl" + " foreach",
        "momentum --optimizer-impl fused",
        "rmsprop",
        "adagrad"
      })
  void fromAnyStep(String optimizer) throws Exception {
    String options = "train mlp --json --quiet --batch 512 --epochs 2 --optimizer " + optimizer;
    Run whole = train(options, "whole", "--checkpoint-every 5 --keep-checkpoints 99");
    List<Path> all = checkpoints("whole");
    for (int pick : optimizer.equals("adam") ? new int[] {0, all.size() - 1} : new int[] {3}) {
      Files.createDirectories(folder.resolve("part" + pick));
      Files.copy(all.get(pick), folder.resolve("part" + pick).resolve(all.get(pick).getFileName()));
      // Its log goes beyond the checkpoint, as a killed run's does.
      Files.copy(folder.resolve("whole.csv"), folder.resolve("part" + pick + ".csv"));
      Run part = train(options, "part" + pick, "--resume");
      assertThat(file("part" + pick + ".safetensors"))
          .hasSameBinaryContentAs(file("whole.safetensors"));
      assertThat(file("part" + pick + ".csv")).hasSameTextualContentAs(file("whole.csv"));
      assertThat(part.json().get("test")).isEqualTo(whole.json().get("test"));
      assertThat(part.json().get("trainLoss")).isEqualTo(whole.json().get("trainLoss"));
      assertThat(part.json().at("/checkpoints/resumedFrom").asText()).contains("step-");
    }
  }

  @Test
  void curvesGoOnAndProbesOfNoiseChangeNothing() throws Exception {
    String options = "train mlp --quiet --batch 500 --noise-scale --csv ";
    Path curves = file("curves.csv");
    train(options + curves + " --epochs 2", "whole", "");
    List<String> whole = Files.readAllLines(curves);
    train(options + curves + " --epochs 1", "a", "");
    train(options + curves + " --epochs 2", "a", "--resume");
    assertThat(file("a.safetensors")).hasSameBinaryContentAs(file("whole.safetensors"));
    assertThat(Files.readAllLines(curves).stream().filter(l -> !l.contains("noise")))
        .containsExactlyElementsOf(whole.stream().filter(l -> !l.contains("noise")).toList());
  }

  @Test
  void aResumedRunIsPredictedToTheByteToo() throws Exception {
    String options = "train mlp --batch 500 --epochs ";
    train(options + 1, "a", "");
    Run run = train(options + 2, "a", "--resume");
    assertThat(run.out()).contains("Predicted = measured, to the byte.");
    assertThat(run.err()).contains("resumed from", "after step 20, 0 samples into epoch 2");
  }

  @Test
  void tornAndChangedOnesAreFoundOutAndTheOneBeforeIsUsed() throws Exception {
    String options = "train mlp --batch 500 --epochs ";
    train(options + 2, "whole", "");
    train(options + 1, "a", "--checkpoint-every 1 --keep-checkpoints 99");
    List<Path> all = checkpoints("a");
    Random random = new Random(1);
    // From the newest on: cut short, one bit changed at a random place, empty, the header changed.
    cut(all.get(19), Files.size(all.get(19)) - 1);
    flip(all.get(18), random.nextLong(Files.size(all.get(18))));
    cut(all.get(17), 0);
    flip(all.get(16), 30);
    cut(all.get(15), 100);
    flip(all.get(14), 3);
    Run run = train(options + 2, "a", "--resume");
    assertThat(run.err().lines().filter(l -> l.contains("is damaged"))).hasSize(6);
    assertThat(run.err()).contains("resumed from " + all.get(13));
    assertThat(file("a.safetensors")).hasSameBinaryContentAs(file("whole.safetensors"));
  }

  @Test
  void everyChangedBitIsNoticed() throws Exception {
    train("train mlp --batch 5000 --hidden 4 --epochs 1", "a", "--checkpoint-every 1");
    Path file = checkpoints("a").getLast();
    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(2);
    Path changed = folder.resolve("changed");
    for (int i = 0; i < 300; i++) {
      byte[] copy = bytes.clone();
      // Half of them in the header, where a change could be mistaken for another meaning.
      int at = random.nextInt(i % 2 == 0 ? 1500 : copy.length);
      copy[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(changed, copy);
      int bit = at;
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> dev.headroom.torch.TensorFile.open(changed)))
          .as("byte %d", bit)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void withoutOneItStartsFreshAndSaysSo() throws Exception {
    Run run = train("train mlp --batch 500", "a", "--resume");
    assertThat(run.err()).contains("no valid checkpoint in", "starting from the first step");
  }

  @Test
  void anotherRunsFolderIsRefused() throws Exception {
    train("train mlp --batch 500", "a", "");
    Run again = Run.line("train mlp --batch 500 --checkpoint-dir " + file("a"));
    assertThat(again.exit()).isEqualTo(Exit.USAGE);
    assertThat(again.err()).contains("holds checkpoints of an earlier run", "--resume");
    Run other = Run.line("train mlp --batch 500 --lr 0.5 --resume --checkpoint-dir " + file("a"));
    assertThat(other.exit()).isEqualTo(Exit.USAGE);
    assertThat(other.err()).contains("was made with --lr 0.001, not 0.5");
    Run wider =
        Run.line("train mlp --batch 500 --hidden 64 --resume --checkpoint-dir " + file("a"));
    assertThat(wider.exit()).isEqualTo(Exit.INPUT);
    assertThat(wider.err()).contains("does not belong to this run", "fc1.weight");
  }

  @Test
  void aFolderThatCannotBeWrittenIsSaidBeforeTraining() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Run run = Run.line("train mlp --checkpoint-dir " + file);
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("cannot hold checkpoints", "--checkpoint-dir");
  }

  /** A limit on the size of files fails a write in the middle, as a full disk does. */
  @ParameterizedTest
  @ValueSource(strings = {"stop", "continue"})
  void aFullDisk(String onError) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/prlimit")), "skipped: no prlimit on this system");
    Path dir = folder.resolve("a");
    Process process =
        Child.start(
            folder,
            List.of("prlimit", "--fsize=500000"),
            ("train mlp --json --batch 500 --checkpoint-every 5 --on-checkpoint-error "
                    + onError
                    + " --checkpoint-dir "
                    + dir)
                .split(" "));
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    String err = Files.readString(folder.resolve("err"));
    assertThat(process.exitValue()).as(err).isEqualTo(onError.equals("stop") ? 3 : 0);
    assertThat(err).contains("the checkpoint of step 5 could not be written: File too large");
    try (var files = Files.list(dir)) {
      assertThat(files).as("nothing half-written stays").isEmpty();
    }
    if (onError.equals("continue")) {
      JsonNode json =
          new com.fasterxml.jackson.databind.ObjectMapper()
              .readTree(folder.resolve("out").toFile());
      assertThat(json.at("/checkpoints/failures").asInt()).isGreaterThanOrEqualTo(4);
      assertThat(json.at("/test/accuracy").asDouble()).isPositive();
    }
  }

  @Test
  void aFolderThatGoesAwayStopsTheRun() throws Exception {
    Path dir = folder.resolve("a");
    Process process =
        Child.start(
            folder,
            List.of(),
            ("train mlp --batch 500 --epochs 1000 --checkpoint-every 1 --checkpoint-dir " + dir)
                .split(" "));
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (System.nanoTime() < deadline
        && process.isAlive()
        && !Files.exists(dir.resolve("step-0000000002.safetensors"))) {
      Thread.sleep(5);
    }
    Files.move(dir, folder.resolve("gone"));
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    String err = Files.readString(folder.resolve("err"));
    assertThat(process.exitValue()).as(err).isEqualTo(3);
    assertThat(err).contains("could not be written: the folder is missing", "The last good one is");
  }

  @Test
  void divergenceNamesTheLastGoodCheckpointAndNeverWritesABadOne() throws Exception {
    String dir = file("a").toString();
    Run run =
        Run.line(
            "train mlp --optimizer sgd --lr 1e18 --checkpoint-every 1 --quiet --batch 500"
                + " --checkpoint-dir "
                + dir);
    assertThat(run.exit()).isEqualTo(Exit.DIVERGED);
    assertThat(run.err()).contains("at step ", "The last good checkpoint is " + dir);
    Path last = checkpoints("a").getLast();
    assertThat(run.err()).contains(last.toString());
    assertThat(dev.headroom.torch.TensorFile.open(last).metadata()).containsKey("step");
  }

  private Run train(String options, String name, String more) {
    String line =
        options
            + " --save "
            + file(name + ".safetensors")
            + " --losses "
            + file(name + ".csv")
            + " --checkpoint-dir "
            + file(name)
            + " "
            + more;
    Run run = Run.line(line.strip());
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    return run;
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private List<Path> checkpoints(String name) throws IOException {
    try (var files = Files.list(folder.resolve(name))) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  private static void cut(Path file, long size) throws IOException {
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 1;
    Files.write(file, bytes);
  }
}
