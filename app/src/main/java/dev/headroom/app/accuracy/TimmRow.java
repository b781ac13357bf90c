package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import dev.headroom.zoo.ConvNext;
import dev.headroom.zoo.Image;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

  private static final Pattern BUILT_IN =
      Pattern.compile(
          "(?:gluon_|tv_)?(resnet(?:18|34|50|101|152)|vgg(?:11|13|16|19)(?:_bn)?)(?:_v1b)?");
  private static final Pattern CONVNEXT =
      Pattern.compile("convnext_(tiny|small|base|large)(?:_384)?(?:_in22ft1k)?");
  private static final Map<String, ConvNext> CONVNEXTS =
      Map.of(
          "tiny", new ConvNext("convnext_tiny", 96, List.of(3, 3, 9, 3), 0),
          "small", new ConvNext("convnext_small", 96, List.of(3, 3, 27, 3), 0),
          "base", new ConvNext("convnext_base", 128, List.of(3, 3, 27, 3), 0),
          "large", new ConvNext("convnext_large", 192, List.of(3, 3, 27, 3), 0));

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

  /** The same network built in, or null: same layers in the same order, same parameters. */
  public @Nullable Graph graph() {
    List<Long> sample = List.of(3L, side, side);
    Matcher convNext = CONVNEXT.matcher(model);
    if (convNext.matches()) {
      ConvNext built = CONVNEXTS.get(convNext.group(1));
      return built == null ? null : built.build(Image.of(model, sample), 1000);
    }
    Matcher same = BUILT_IN.matcher(model);
    String name =
        same.matches() ? same.group(1) : model.equals("mobilenetv2_100") ? "mobilenet_v2" : "";
    return Zoo.has(name) ? Zoo.build(name, Options.none().sample(sample)) : null;
  }

  /** The largest batch of those tried that is at most this; 0 if none is. */
  static long tried(long batch) {
    return TRIED.stream().filter(b -> b <= batch).findFirst().orElse(0L);
  }

  /** How many steps of those tried a batch lies above the one that trained; negative below. */
  int stepsAbove(long other) {
    return step(batch) - step(other);
  }

  private static int step(long batch) {
    int at = TRIED.indexOf(batch);
    return at < 0 ? TRIED.size() : at;
  }
}
