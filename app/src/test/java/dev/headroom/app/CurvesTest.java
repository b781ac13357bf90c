package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
                java.util.Locale.ROOT,
                "%d 1 %d %.4f ['test/accuracy', 'test/loss', 'train/loss', 'train/noise_scale']",
                steps,
                steps,
                run.json().at("/test/accuracy").asDouble()));
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
