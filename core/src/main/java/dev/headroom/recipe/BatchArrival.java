package dev.headroom.recipe;

import java.util.Locale;

/** When the old batch dies and the new one is allocated. */
public enum BatchArrival {
  /** The old x and y are freed, then the new ones allocated. */
  REPLACE,
  /** One x and one y serve all steps. */
  FIXED,
  /** The new x exists before the old one dies, as in {@code x, y = x.to(d), y.to(d)}. */
  OVERLAP;

  /** As the command line and the JSON write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
