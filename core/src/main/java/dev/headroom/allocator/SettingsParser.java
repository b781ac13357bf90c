package dev.headroom.allocator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads {@code key:value,key:[a:b,c:d]} with PyTorch's keys and limits. */
final class SettingsParser {
  private static final String KNOWN =
      "max_split_size_mb, max_non_split_rounding_mb, roundup_power2_divisions, expandable_segments,"
          + " garbage_collection_threshold, per_process_memory_fraction, backend";

  private long maxSplit = AllocatorSettings.DEFAULT.maxSplitBytes();
  private long maxRounding = AllocatorSettings.DEFAULT.maxNonSplitRoundingBytes();
  private final int[] divisions = new int[AllocatorSettings.INTERVALS];
  private double threshold;
  private boolean expandable;
  private double fraction = 1;

  private SettingsParser() {}

  static AllocatorSettings parse(String text) {
    SettingsParser parser = new SettingsParser();
    String plain = text.replaceAll("\\s", "");
    for (int at = 0; at < plain.length(); ) {
      int colon = plain.indexOf(':', at);
      if (colon < 0) {
        throw new IllegalArgumentException(
            "'" + plain.substring(at) + "' has no value: write key:value, several with commas");
      }
      int open = colon + 1 < plain.length() && plain.charAt(colon + 1) == '[' ? colon + 1 : -1;
      int close = open < 0 ? -1 : plain.indexOf(']', open);
      if (open >= 0 && close < 0) {
        throw new IllegalArgumentException("'" + plain.substring(at) + "' lacks its ']'");
      }
      int end = plain.indexOf(',', Math.max(colon, close));
      end = end < 0 ? plain.length() : end;
      parser.set(plain.substring(at, colon), plain.substring(colon + 1, end));
      at = end + 1;
    }
    return new AllocatorSettings(
        parser.maxSplit,
        parser.maxRounding,
        Arrays.stream(parser.divisions).boxed().toList(),
        parser.threshold,
        parser.expandable,
        parser.fraction);
  }

  private void set(String key, String value) {
    switch (key) {
      case "max_split_size_mb" -> maxSplit = mebibytes(key, value);
      case "max_non_split_rounding_mb" -> maxRounding = mebibytes(key, value);
      case "roundup_power2_divisions" -> divisions(value);
      case "garbage_collection_threshold" -> threshold = share(key, value, false);
      case "per_process_memory_fraction" -> fraction = share(key, value, true);
      case "expandable_segments" -> {
        if (!value.equals("True") && !value.equals("False")) {
          throw wrong(key, value, "True or False");
        }
        expandable = value.equals("True");
      }
      case "backend" -> {
        if (!value.equals("native")) {
          throw wrong(key, value, "native: cudaMallocAsync is CUDA's own allocator");
        }
      }
      default ->
          throw new IllegalArgumentException(
              "'" + key + "' is no setting that is known here: " + KNOWN);
    }
  }

  private static long mebibytes(String key, String value) {
    long mib = number(key, value);
    if (mib < AllocatorSettings.LARGE_BUFFER >> 20) {
      throw wrong(key, value, "at least 20, as PyTorch does");
    }
    return Math.min(mib, Long.MAX_VALUE >> 20) << 20;
  }

  private static double share(String key, String value, boolean upToOne) {
    double share;
    try {
      share = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      share = Double.NaN;
    }
    if (!(share > 0) || share > 1 || (share == 1 && !upToOne)) {
      throw wrong(key, value, "a number above 0 and " + (upToOne ? "up to 1" : "below 1"));
    }
    return share;
  }

  private void divisions(String value) {
    String key = "roundup_power2_divisions";
    if (!value.startsWith("[")) {
      long n = number(key, value);
      Arrays.fill(divisions, power(key, value, n));
      return;
    }
    if (!value.endsWith("]")) {
      throw wrong(key, value, "a list such as [256:1,512:2,>:4]");
    }
    List<String> items =
        new ArrayList<>(List.of(value.substring(1, value.length() - 1).split(",")));
    int last = 0;
    boolean first = true;
    for (String item : items) {
      int colon = item.indexOf(':');
      if (colon < 0) {
        throw wrong(key, item, "a size in MiB, a colon and a number");
      }
      String size = item.substring(0, colon);
      long n = number(key, item.substring(colon + 1));
      int division = n == 0 ? 0 : power(key, item, n);
      if (size.equals(">")) {
        Arrays.fill(divisions, last, divisions.length, division);
        continue;
      }
      long mib = number(key, size);
      int unused = power(key, item, Math.min(mib, 1 << 30));
      int index = Math.min(31 - Integer.numberOfLeadingZeros(unused), divisions.length - 1);
      if (first) {
        Arrays.fill(divisions, 0, index, division);
        first = false;
      }
      divisions[index] = division;
      last = index;
    }
  }

  private static int power(String key, String value, long n) {
    if (n < 1 || n > 1 << 30 || Long.bitCount(n) != 1) {
      throw wrong(key, value, "powers of 2");
    }
    return (int) n;
  }

  private static long number(String key, String value) {
    if (!value.matches("[0-9]{1,12}")) {
      throw wrong(key, value, "a whole number");
    }
    return Long.parseLong(value);
  }

  private static IllegalArgumentException wrong(String key, String value, String expected) {
    return new IllegalArgumentException(key + " is '" + value + "', expected " + expected);
  }
}
