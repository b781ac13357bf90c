package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long training keeps its memory flat, the process's and libtorch's. */
class SoakTest {
  /** What the JVM's own bookkeeping may still grow by after the first tenth of the steps. */
  private static final long GROWTH = 4 << 20;

  @TempDir private Path folder;

  @Test
  void tenThousandSteps() throws Exception {
    train(10_000);
  }

  @Test
  @Tag("soak")
  void twoHundredThousandSteps() throws Exception {
    train(200_000);
  }

  private void train(int steps) throws Exception {
    Assumptions.assumeTrue(
        ProcessMemory.available(), "skipped: the process's memory is read from /proc");
    Path out = folder.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                SoakMain.class.getName(),
                Integer.toString(steps))
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(20, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(out);
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    List<long[]> rows =
        lines.stream()
            .filter(line -> line.matches("\\d+ \\d+ \\d+"))
            .map(line -> line.split(" "))
            .map(w -> new long[] {Long.parseLong(w[1]), Long.parseLong(w[2])})
            .toList();
    assertThat(rows).hasSize(10);
    long[] first = rows.getFirst();
    assertThat(rows)
        .allSatisfy(
            row -> {
              assertThat(row[0] - first[0]).as("growth of the process").isLessThan(GROWTH);
              assertThat(row[1]).as("live native handles").isEqualTo(first[1]);
            });
    assertThat(lines).last().isEqualTo("closed 0 0");
  }
}
