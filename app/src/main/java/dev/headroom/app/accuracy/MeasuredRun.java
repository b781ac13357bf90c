package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import dev.headroom.zoo.Mlp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One row of {@code gpumemnet-mlp-a100.csv}: a network that somebody trained, and what nvidia-smi
 * showed.
 *
 * @param row number of the row, from 1
 * @param inputs values per sample
 * @param widths outputs of the linear layers, the last one the network's own
 * @param parameters trained values
 * @param batch samples per step
 * @param measuredMiB largest {@code memory.used}
 */
public record MeasuredRun(
    int row, long inputs, List<Integer> widths, long parameters, long batch, long measuredMiB) {
  private static final Pattern LINE =
      Pattern.compile("input:(\\d+)_[^,]*,\\d+,\"([^\"]*)\",[^,]*,\\d+,(\\d+),(\\d+),(\\d+),.*");
  private static final Pattern LINEAR = Pattern.compile("\\('linear', (\\d+), \\d+\\)");

  public MeasuredRun {
    widths = List.copyOf(widths);
  }

  /** Reads all rows. */
  public static List<MeasuredRun> read(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    List<MeasuredRun> out = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      Matcher m = LINE.matcher(lines.get(i));
      if (!m.matches()) {
        throw new IOException(csv + ": line " + (i + 1) + " is no row of this data set");
      }
      List<Integer> widths = new ArrayList<>();
      Matcher layer = LINEAR.matcher(m.group(2));
      while (layer.find()) {
        widths.add(Integer.valueOf(layer.group(1)));
      }
      out.add(
          new MeasuredRun(
              i,
              Long.parseLong(m.group(1)),
              widths,
              Long.parseLong(m.group(3)),
              Long.parseLong(m.group(4)),
              Long.parseLong(m.group(5))));
    }
    return out;
  }

  /** Whether that program ends in its first loss. */
  public boolean hasOneOutput() {
    return widths.getLast() == 1;
  }

  /** The network. */
  public Graph graph() {
    return Mlp.build(inputs, widths.subList(0, widths.size() - 1), widths.getLast());
  }

  /**
   * What people calculate with, without the context: 20 B per parameter and 4 B for each input and
   * each output of a linear layer or ReLU.
   */
  public long plainBytes() {
    long values = inputs;
    for (int i = 0; i < widths.size(); i++) {
      values += i + 1 < widths.size() ? 2L * widths.get(i) : widths.get(i);
    }
    return 20 * parameters + 4 * batch * values;
  }
}
