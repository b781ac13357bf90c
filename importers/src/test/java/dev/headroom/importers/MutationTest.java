package dev.headroom.importers;

import static dev.headroom.importers.ModelReaderTest.export;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.headroom.graph.Input;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Archives that were damaged at random: either they are read, or one clear message says why not.
 */
class MutationTest {
  private static final List<String> FILES =
      List.of(
          "mlp_784_128_10.pt2",
          "lenet5.pt2",
          "smallcnn.pt2",
          "lstm_classifier.pt2",
          "gpt_tied.pt2");

  private static final List<String> NUMBERS =
      List.of(
          "-1",
          "0",
          "1",
          "2147483648",
          "9223372036854775807",
          "1e400",
          "null",
          "{}",
          "[]",
          "\"x\"");

  @TempDir Path folder;

  @Test
  void aThousandMutations() throws Exception {
    mutate(1_000, 20_261_125);
  }

  @Test
  @Tag("soak")
  void tenThousandMutations() throws Exception {
    mutate(10_000, 7);
  }

  private void mutate(int count, long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    int[] read = new int[1];
    int[] refused = new int[1];
    for (int i = 0; i < count; i++) {
      Path original = export(FILES.get(random.nextInt(FILES.size())));
      Path file = folder.resolve("mutated.pt2");
      if (random.nextBoolean()) {
        Files.write(file, bytes(Files.readAllBytes(original), random));
      } else {
        Zips.write(file, entries(Zips.read(original), random), Deflater.BEST_SPEED);
      }
      int number = i;
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> {
            if (tryToRead(file, number % 8 == 0)) {
              read[0]++;
            } else {
              refused[0]++;
            }
          },
          () -> "mutation " + number + " of seed " + seed);
    }
    assertThat(read[0]).as("read all the same").isPositive();
    assertThat(refused[0]).as("refused").isGreaterThan(count / 4);
  }

  private static boolean tryToRead(Path file, boolean withWeights) throws IOException {
    try {
      ImportedModel model = NetworkFiles.read(file, null);
      for (Input input : model.graph().inputs()) {
        if (withWeights && model.weights() != null && model.weights().has(input)) {
          long bytes = input.type(1).bytes();
          model
              .weights()
              .copy(input, MemorySegment.ofArray(new byte[(int) Math.min(bytes, 1 << 25)]));
        }
      }
      return true;
    } catch (ImportException e) {
      assertThat(e.getMessage()).isNotBlank();
      assertThat(e.getMessage().length()).isLessThan(2_000);
      return false;
    }
  }

  /** The file itself, with bytes changed, cut out, repeated or cut off. */
  private static byte[] bytes(byte[] from, SplittableRandom random) {
    byte[] out = from.clone();
    int edits = 1 + random.nextInt(8);
    for (int i = 0; i < edits; i++) {
      int at = random.nextInt(out.length);
      switch (random.nextInt(6)) {
        case 0 -> out[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> out[at] = (byte) random.nextInt(256);
        case 2 -> Arrays.fill(out, at, Math.min(out.length, at + random.nextInt(64)), (byte) 0xff);
        // The directory is at the end: most of what can go wrong is there.
        case 3 ->
            out[Math.max(0, out.length - 1 - random.nextInt(Math.min(out.length, 2000)))] =
                (byte) random.nextInt(256);
        case 4 -> {
          int length = Math.min(out.length - at, random.nextInt(200));
          System.arraycopy(out, at, out, random.nextInt(out.length - length + 1), length);
        }
        default -> {
          if (random.nextInt(4) == 0) {
            out = Arrays.copyOf(out, Math.max(1, at));
          }
        }
      }
    }
    return out;
  }

  /** The content, with a piece of one text changed, so that the ZIP itself is sound. */
  private static Map<String, byte[]> entries(Map<String, byte[]> from, SplittableRandom random) {
    Map<String, byte[]> out = new LinkedHashMap<>(from);
    List<String> documents =
        new ArrayList<>(out.keySet().stream().filter(n -> n.endsWith(".json")).toList());
    String name = documents.get(random.nextInt(documents.size()));
    StringBuilder text = new StringBuilder(new String(out.get(name), StandardCharsets.UTF_8));
    int edits = 1 + random.nextInt(3);
    for (int i = 0; i < edits && text.length() > 2; i++) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(5)) {
        case 0 -> text.setCharAt(at, (char) random.nextInt(128));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(40)));
        case 2 -> number(text, at, NUMBERS.get(random.nextInt(NUMBERS.size())));
        case 3 -> {
          String piece = text.substring(at, Math.min(text.length(), at + random.nextInt(60)));
          text.insert(random.nextInt(text.length()), piece);
        }
        default -> word(text, at, random);
      }
    }
    out.put(name, text.toString().getBytes(StandardCharsets.UTF_8));
    return out;
  }

  /** Puts something in the place of the next number. */
  private static void number(StringBuilder text, int from, String other) {
    for (int i = from; i < text.length(); i++) {
      if (Character.isDigit(text.charAt(i))
          && !Character.isLetterOrDigit(text.charAt(i - 1))
          && text.charAt(i - 1) != '_') {
        int end = i;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
          end++;
        }
        text.replace(i, end, other);
        return;
      }
    }
  }

  /** Puts one quoted word of the text in the place of another. */
  private static void word(StringBuilder text, int from, SplittableRandom random) {
    int[] target = quoted(text, from);
    int[] source = quoted(text, random.nextInt(text.length()));
    if (target != null && source != null) {
      text.replace(target[0], target[1], text.substring(source[0], source[1]));
    }
  }

  private static int[] quoted(StringBuilder text, int from) {
    int open = text.indexOf("\"", from);
    int close = open < 0 ? -1 : text.indexOf("\"", open + 1);
    return close < 0 ? null : new int[] {open, close + 1};
  }
}
