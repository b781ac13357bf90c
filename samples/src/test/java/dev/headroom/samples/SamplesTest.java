package dev.headroom.samples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.torch.Natives;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every sample prints what its golden file says; {@code -Dheadroom.golden=update} writes what they
 * print now.
 */
class SamplesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path SOURCES = Path.of("src/main/java/dev/headroom/samples");
  private static final int MOST_LINES = 40;

  static Stream<String> samples() throws Exception {
    try (Stream<Path> files = Files.list(SOURCES)) {
      List<String> names =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.matches("S\\d\\d.*\\.java"))
              .map(f -> f.replace(".java", ""))
              .sorted()
              .toList();
      assertThat(names).hasSizeGreaterThanOrEqualTo(7);
      return names.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void printsItsGoldenFile(String name) throws Exception {
    Assumptions.assumeTrue(
        !name.equals("S08Checkpointing") || Natives.status().platform().equals("linux-x86_64"),
        "skipped: checkpointing runs on Linux x86-64 alone");
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      // Tests run in the module's folder, people in the one above.
      String[] args =
          name.equals("S07PlanOfAnExport") ? new String[] {"lenet5.pt2"} : new String[0];
      Class.forName("dev.headroom.samples." + name)
          .getMethod("main", String[].class)
          .invoke(null, (Object) args);
    } finally {
      System.setOut(before);
    }
    Path golden = GOLDEN.resolve(name + ".txt");
    if (System.getProperty("headroom.golden", "check").equals("update")) {
      Files.write(golden, printed.toByteArray());
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo(Files.readString(golden));
  }

  /** What S08 measured on libtorch is what it planned. */
  @Test
  void whatIsMeasuredIsWhatWasPlanned() throws Exception {
    List<String> lines = Files.readAllLines(GOLDEN.resolve("S08Checkpointing.txt"));
    assertThat(lines).hasSize(6);
    for (String line : lines) {
      Matcher both = Pattern.compile("planned ([0-9,]+) B, measured ([0-9,]+) B").matcher(line);
      assertThat(both.find()).as(line).isTrue();
      assertThat(both.group(2)).isEqualTo(both.group(1));
    }
  }

  /** Imports, comments and braces aside: what a reader has to understand. */
  @ParameterizedTest
  @MethodSource("samples")
  void isShort(String name) throws Exception {
    long lines =
        Files.readAllLines(SOURCES.resolve(name + ".java")).stream()
            .map(String::strip)
            .filter(l -> !l.isEmpty() && !l.startsWith("import ") && !l.startsWith("package "))
            .filter(l -> !l.startsWith("*") && !l.startsWith("/*"))
            .count();
    assertThat(lines).isLessThan(MOST_LINES);
  }
}
