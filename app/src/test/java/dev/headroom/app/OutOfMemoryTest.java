package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in a process that really has no more memory. */
class OutOfMemoryTest {
  /** Three prepared batches of 8,192 images are 77 MB, what the step itself takes another 45 MB. */
  private static final String TRAIN = "train mlp --batch 8192 --hidden 512 --optimizer sgd";

  @TempDir private Path folder;

  private int limited(String more) throws Exception {
    Assumptions.assumeTrue(
        Files.isReadable(Path.of("/proc/self/limits")), "skipped: the limit needs Linux");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:InitialCodeCacheSize=48m",
                "-XX:ReservedCodeCacheSize=48m",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.headroom.app.LimitedMain",
                Long.toString(110L << 20)));
    command.addAll(List.of((TRAIN + more).split(" ")));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    Process process = builder.start();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  @Test
  void itSaysWhatWasInUseAndWhatWouldFit() throws Exception {
    int exit = limited("");
    String err = Files.readString(folder.resolve("err"));
    assertThat(exit).as(err).isEqualTo(Exit.DOES_NOT_FIT.code());
    assertThat(err)
        .contains("ran out of memory with batch 8192", " were in use: input 24.56 MiB")
        .containsPattern("Batch \\d+ would fit in that: use --batch \\d+");
  }

  @Test
  void autoBatchStepsDownAndLosesNoSample() throws Exception {
    Path losses = folder.resolve("limited.csv");
    int exit = limited(" --auto-batch --epochs 2 --losses " + losses);
    String err = Files.readString(folder.resolve("err"));
    assertThat(exit).as(err).isZero();
    assertThat(err).contains("out of memory at step 1 with batch 8192: going on with 4096");
    Path free = folder.resolve("free.csv");
    assertThat(Run.line(TRAIN + " --epochs 2 --quiet --losses " + free).exit()).isEqualTo(Exit.OK);
    List<String> expected = Files.readAllLines(free);
    List<String> found = Files.readAllLines(losses);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 1; i < found.size(); i++) {
      int comma = found.get(i).lastIndexOf(',');
      // The same step, epoch and sample; the loss up to the order of summation.
      assertThat(found.get(i))
          .startsWith(expected.get(i).substring(0, expected.get(i).lastIndexOf(',') + 1));
      assertThat(Double.parseDouble(found.get(i).substring(comma + 1)))
          .isCloseTo(
              Double.parseDouble(expected.get(i).substring(expected.get(i).lastIndexOf(',') + 1)),
              within(1e-4));
    }
  }
}
