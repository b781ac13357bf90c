package dev.headroom.app;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** A line every tenth of the way, for a log file or a pipe. */
final class PlainProgress implements Progress {
  private final String task;
  private final long total;
  private final String unit;
  private final PrintStream err;
  private final LongSupplier nanoTime;
  private final long start;
  private long done;
  private long nextTenth = 1;
  private String state = "";

  PlainProgress(String task, long total, String unit, PrintStream err, LongSupplier nanoTime) {
    this.task = task;
    this.total = total;
    this.unit = unit;
    this.err = err;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  @Override
  public synchronized void advance(long steps) {
    done += steps;
    long tenth = (long) (10.0 * done / total);
    if (tenth >= nextTenth) {
      nextTenth = tenth + 1;
      print();
    }
  }

  @Override
  public synchronized void say(String state) {
    this.state = state;
  }

  private void print() {
    double seconds = Math.max(1e-9, (nanoTime.getAsLong() - start) / 1e9);
    double rate = done / seconds;
    double left = Math.max(0, total - done) / rate;
    err.println(
        String.format(
            Locale.ROOT,
            "%s: %d %%, %,d of %,d %s, %s %s/s, %s%s",
            task,
            Math.round(100.0 * done / total),
            done,
            total,
            unit,
            String.format(Locale.ROOT, rate < 10 ? "%.2f" : "%,.0f", rate),
            unit,
            done >= total ? duration(seconds) : duration(left) + " left",
            state.isEmpty() ? "" : ", " + state));
  }

  /** Such as {@code 8.2 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
  static String duration(double seconds) {
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }
}
