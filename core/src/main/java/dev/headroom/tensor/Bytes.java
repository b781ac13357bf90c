package dev.headroom.tensor;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte counts as people read and write them: binary units only, never a number without its unit.
 */
public final class Bytes {
  private static final Pattern SIZE =
      Pattern.compile("\\s*([0-9]+(?:\\.[0-9]+)?)\\s*([KMGT]iB|B)?\\s*", Pattern.CASE_INSENSITIVE);
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private Bytes() {}

  /** Up to 9,999 B exactly; above that with two decimals, such as {@code 2.51 MiB}. */
  public static String format(long bytes) {
    if (Math.abs(bytes) < 10_000) {
      return String.format(Locale.ROOT, "%,d B", bytes);
    }
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, Math.abs(value) >= 100 ? "%.1f %s" : "%.2f %s", value, UNITS[unit]);
  }

  /** Every byte, with separators: {@code 2,634,944 B}. */
  public static String exact(long bytes) {
    return String.format(Locale.ROOT, "%,d B", bytes);
  }

  /**
   * Reads {@code 8GiB}, {@code 512 MiB}, {@code 1.5GiB} or a plain number of bytes.
   *
   * @throws IllegalArgumentException if the text is none of these, or too large for 63 bits
   */
  public static long parse(String text) {
    Matcher m = SIZE.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a size: write a number and B, KiB, MiB, GiB or TiB, such as 8GiB");
    }
    long factor = 1;
    if (m.group(2) != null) {
      for (int i = 0; !UNITS[i].equalsIgnoreCase(m.group(2)); i++) {
        factor *= 1024;
      }
    }
    BigDecimal value = new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(factor));
    try {
      return value.setScale(0, RoundingMode.FLOOR).longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("'" + text + "' is larger than 8 EiB", e);
    }
  }
}
