package dev.headroom.app.accuracy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * One row of {@code timm-max-batch-rtx3090-amp-nchw.csv}: the largest batch of a model that
 * somebody found by trying.
 *
 * @param model timm's name
 * @param batch the largest that trained
 * @param side of the square image
 * @param millions of parameters
 */
public record TimmRow(String model, long batch, long side, double millions) {
  /** The batches that were tried, from the largest down. */
  static final List<Long> TRIED =
      List.of(
          512L, 384L, 256L, 192L, 128L, 96L, 64L, 48L, 32L, 24L, 16L, 12L, 8L, 6L, 4L, 3L, 2L, 1L);

  /** Reads all rows. */
  public static List<TimmRow> read(Path csv) throws IOException {
    List<TimmRow> out = new ArrayList<>();
    List<String> lines = Files.readAllLines(csv);
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",");
      if (cells.length != 6) {
        throw new IOException(csv + ": '" + line + "' is no row of this data set");
      }
      out.add(
          new TimmRow(
              cells[0],
              Long.parseLong(cells[3]),
              Long.parseLong(cells[4]),
              Double.parseDouble(cells[5])));
    }
    return out;
  }

  /** The largest batch of those tried that fits; 0 if none does. */
  static long largest(LongPredicate fits) {
    int from = 0;
    int to = TRIED.size();
    while (from < to) {
      int middle = (from + to) / 2;
      if (fits.test(TRIED.get(middle))) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    return from == TRIED.size() ? 0 : TRIED.get(from);
  }

  /** How many steps of those tried a batch lies above the one that trained; negative below. */
  int stepsAbove(long other) {
    return step(batch) - step(other);
  }

  /** The next larger batch, which failed; this one if it is the largest tried. */
  long next() {
    return TRIED.get(Math.max(0, step(batch) - 1));
  }

  private static int step(long batch) {
    int at = TRIED.indexOf(batch);
    return at < 0 ? TRIED.size() : at;
  }
}
