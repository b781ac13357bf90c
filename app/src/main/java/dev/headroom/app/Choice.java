package dev.headroom.app;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An option's value that is one of a few words; anything else names them and the closest one. */
public abstract class Choice implements ITypeConverter<String> {
  private final List<String> words;

  /** The words in the order in which they are shown. */
  protected Choice(String... words) {
    this.words = List.of(words);
  }

  @Override
  public final String convert(String value) {
    String word = value.toLowerCase(Locale.ROOT);
    for (String known : words) {
      if (known.equalsIgnoreCase(value)) {
        return known;
      }
    }
    String closest = closest(word, words);
    throw new TypeConversionException(
        "'%s' is none of %s%s"
            .formatted(
                value,
                String.join(", ", words),
                closest == null ? "" : "; did you mean " + closest + "?"));
  }

  /**
   * The candidate that a word was probably meant to be: the fewest edits, or null if all are far.
   */
  public static @Nullable String closest(String word, Iterable<String> candidates) {
    String best = null;
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int distance = distance(word, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return bestDistance <= Math.max(word.length() < 4 ? 1 : 2, word.length() / 3) ? best : null;
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  /** When to colour. */
  static final class Color extends Choice {
    Color() {
      super("auto", "always", "never");
    }
  }
}
