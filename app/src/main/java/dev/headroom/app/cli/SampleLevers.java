package dev.headroom.app.cli;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.lever.Lever;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Lever.Price;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import dev.headroom.zoo.ZooException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Smaller images or shorter sequences, where a built-in network takes them and no data set says
 * what a sample is: three quarters and half of each side, half and a quarter of the tokens. A file
 * takes the samples that it was exported for, and no others.
 */
final class SampleLevers {
  /** What networks halve the sides of an image by until the last layer: 5 times. */
  private static final long STRIDE = 32;

  private static final String SEQUENCE = "sequence";

  private SampleLevers() {}

  /**
   * Why a file's samples cannot be smaller, and what to do; empty where there is nothing to say.
   */
  static List<String> notes(Setup setup) {
    List<Input> fixed =
        setup.fromFile
            ? setup.graph.inputs(Input.Kind.USER).stream().filter(SampleLevers::hasExtent).toList()
            : List.of();
    if (fixed.isEmpty()) {
      return List.of();
    }
    Input input = fixed.getFirst();
    boolean tokens = !input.dtype().isFloating();
    return List.of(
        (tokens ? "Shorter sequences are" : "Smaller images are")
            + " not offered: the file was exported for "
            + input.shapeText()
            + ". Export it again with a smaller example input, such as "
            + example(input)
            + ".");
  }

  /** Whether a sample has sides or a length: an MLP's values in a row have none. */
  private static boolean hasExtent(Input input) {
    return input.shape().size() > (input.dtype().isFloating() ? 3 : 1);
  }

  /** Half of each side or of the length, as Python writes a batch of 2. */
  private static String example(Input input) {
    boolean tokens = !input.dtype().isFloating();
    List<String> sizes = new ArrayList<>(List.of("2"));
    for (int axis = 1; axis < input.shape().size(); axis++) {
      long size = input.shape().get(axis).at(1);
      sizes.add(Long.toString(tokens || axis > 1 ? Math.max(1, size / 2) : size));
    }
    String shape = String.join(", ", sizes);
    return tokens ? "torch.zeros(" + shape + ", dtype=torch.long)" : "torch.randn(" + shape + ")";
  }

  static List<Lever> of(String network, Setup setup, RecipeOptions options) {
    if (setup.fromFile || setup.data.name != null) {
      return List.of();
    }
    Options usual = Zoo.defaults(network);
    List<Lever> levers = new ArrayList<>();
    if (usual.sample().size() == 3) {
      images(network, usual.sample(), options, levers);
    } else if (usual.settings().containsKey(SEQUENCE)) {
      long now =
          options.zoo.sequence == null
              ? usual.settings().get(SEQUENCE).getFirst()
              : options.zoo.sequence;
      for (long tokens : new long[] {now / 2, now / 4}) {
        if (tokens > 0) {
          add(
              levers,
              network,
              options,
              "--sequence " + tokens,
              "fewer tokens in a sample",
              options.zoo.given().with(SEQUENCE, tokens));
        }
      }
    }
    return levers;
  }

  private static void images(
      String network, List<Long> usual, RecipeOptions options, List<Lever> levers) {
    List<Long> now =
        options.input == null ? usual : options.input.stream().map(Integer::longValue).toList();
    if (now.size() != usual.size()) {
      // Values in a row, which an MLP takes too: no image.
      return;
    }
    Set<List<Long>> smaller = new LinkedHashSet<>();
    for (int quarters : new int[] {3, 2}) {
      List<Long> shape =
          List.of(now.get(0), side(now.get(1), quarters), side(now.get(2), quarters));
      if (shape.get(1) > 0 && shape.get(2) > 0) {
        smaller.add(shape);
      }
    }
    for (List<Long> shape : smaller) {
      String option =
          String.format(Locale.ROOT, "--input %dx%dx%d", shape.get(0), shape.get(1), shape.get(2));
      add(
          levers,
          network,
          options,
          option,
          "smaller images tell less",
          options.zoo.given().sample(shape));
    }
  }

  /** Rounded down to what networks can halve. */
  private static long side(long now, int quarters) {
    return now * quarters / 4 / STRIDE * STRIDE;
  }

  private static void add(
      List<Lever> levers,
      String network,
      RecipeOptions options,
      String option,
      String cost,
      Options zoo) {
    try {
      Graph graph = Setup.asWanted(Zoo.build(network, zoo), options);
      levers.add(
          new Lever(option, Kind.SAMPLE, Price.TRAINING, cost, setting -> setting.with(graph)));
    } catch (ZooException e) {
      // This network takes no such sample, so there is no such lever.
    }
  }
}
