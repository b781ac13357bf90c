package dev.headroom.app.cli;

import dev.headroom.graph.Graph;
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

  static List<Lever> of(String network, Setup setup, RecipeOptions options) {
    if (setup.fromFile || setup.data != null) {
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
          new Lever(option, Kind.SAMPLE, Price.TRAINING, 0, cost, setting -> setting.with(graph)));
    } catch (ZooException e) {
      // This network takes no such sample, so there is no such lever.
    }
  }
}
