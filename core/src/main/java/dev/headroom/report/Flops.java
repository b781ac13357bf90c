package dev.headroom.report;

import java.util.Locale;

/** Floating-point operations for people: powers of 1000, as everybody counts them. */
final class Flops {
  private static final String PREFIXES = " kMGTPE";

  private Flops() {}

  /** Such as {@code 3.75 GFLOP}. */
  static String format(double flops) {
    int power = 0;
    double value = flops;
    while (value >= 999.5 && power < PREFIXES.length() - 1) {
      value /= 1000;
      power++;
    }
    int decimals = power == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    String unit = power == 0 ? " FLOP" : " " + PREFIXES.charAt(power) + "FLOP";
    return String.format(Locale.ROOT, "%." + decimals + "f", value) + unit;
  }
}
