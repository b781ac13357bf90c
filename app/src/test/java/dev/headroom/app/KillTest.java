package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random moments, a checkpoint being written in most of them; what is resumed ends
 * exactly as what was never killed.
 */
class KillTest {
  private static final String TRAIN =
      "train mlp --batch 250 --optimizer momentum --seed 3 --epochs ";

  @Test
  void fiveKills(@TempDir Path folder) throws Exception {
    killed(folder, 5, 3, 11);
  }

  @Test
  @Tag("soak")
  void fiftyKills(@TempDir Path folder) throws Exception {
    killed(folder, 50, 25, 12);
  }

  private static void killed(Path folder, int kills, int epochs, long seed) throws Exception {
    Path whole = folder.resolve("whole");
    Files.createDirectories(whole);
    Run run = Run.of(words(whole, epochs, false));
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);

    Path parts = folder.resolve("parts");
    Files.createDirectories(parts);
    Random random = new Random(seed);
    for (int kill = 0; kill < kills; kill++) {
      Process process = Child.start(parts, List.of(), words(parts, epochs, true));
      Path losses = parts.resolve("losses.csv");
      awaitTraining(process, losses);
      Thread.sleep(random.nextInt(30 * epochs * 40 / kills));
      process.destroyForcibly();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(err(parts)).isIn(0, 137);
    }
    Process last = Child.start(parts, List.of(), words(parts, epochs, true));
    assertThat(last.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(last.exitValue()).as(err(parts)).isZero();
    assertThat(err(parts)).contains("resumed from");
    assertThat(parts.resolve("w.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("w.safetensors"));
    assertThat(parts.resolve("losses.csv")).hasSameTextualContentAs(whole.resolve("losses.csv"));
    try (var files = Files.list(parts.resolve("checkpoints"))) {
      assertThat(files).as("three are kept, nothing else is left").hasSize(3);
    }
  }

  private static String[] words(Path folder, int epochs, boolean checkpoints) {
    List<String> words = new ArrayList<>(List.of((TRAIN + epochs).split(" ")));
    words.addAll(List.of("--save", folder.resolve("w.safetensors").toString()));
    words.addAll(List.of("--losses", folder.resolve("losses.csv").toString()));
    if (checkpoints) {
      words.addAll(List.of("--checkpoint-dir", folder.resolve("checkpoints").toString()));
      words.addAll(List.of("--checkpoint-every", "1", "--resume"));
    }
    return words.toArray(new String[0]);
  }

  private static long lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }

  /** Waits until the process trains: it has written another step's loss, or has ended. */
  private static void awaitTraining(Process process, Path losses) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    long modified = Files.exists(losses) ? Files.getLastModifiedTime(losses).toMillis() : 0;
    while (process.isAlive() && System.nanoTime() < deadline) {
      if (Files.exists(losses)
          && Files.getLastModifiedTime(losses).toMillis() != modified
          && lines(losses) > 1) {
        return;
      }
      Thread.sleep(5);
    }
  }

  private static String err(Path folder) throws IOException {
    return Files.readString(folder.resolve("err"));
  }
}
