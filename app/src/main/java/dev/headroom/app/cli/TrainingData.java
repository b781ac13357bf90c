package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageFormat;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The data set of a command, without reading it: its sizes, and whether a network takes it. */
final class TrainingData {
  /** Sets that need no files. */
  private static final List<String> BUILT_IN = List.of("digits", "shapes");

  /** The set's name, or null where the shape of a sample is all that is known. */
  final @Nullable String name;

  /** Images to train on, 0 if unknown. */
  final int trainSize;

  /** Images to test on, 0 if unknown. */
  final int testSize;

  private final Datasets.@Nullable Facts facts;

  private TrainingData(@Nullable String name) {
    this.name = name;
    facts = name == null ? null : Datasets.facts(name);
    trainSize = facts == null ? 0 : facts.trainSize();
    testSize = facts == null ? 0 : facts.testSize();
  }

  /** A set that was named, or none. */
  static TrainingData named(@Nullable String name) {
    return new TrainingData(name);
  }

  /** For a built-in network: the set that was named, or the one that it takes by itself, if any. */
  static TrainingData ofBuiltIn(String network, RecipeOptions options) {
    if (options.data != null && options.input != null) {
      throw new UsageException("--data and --input cannot go together", "Leave one of them out.");
    }
    return new TrainingData(options.data == null ? usual(network, options) : options.data);
  }

  /** What a built-in network is built with: samples and classes of the set, or --input. */
  Options shape(RecipeOptions options) {
    Options zoo = options.zoo.given();
    if (facts != null) {
      return zoo.sample(shape(facts.format())).classes(classes(facts, options.zoo.classes));
    }
    return options.input == null
        ? zoo
        : zoo.sample(options.input.stream().map(Integer::longValue).toList());
  }

  private int classes(Datasets.Facts known, @Nullable Integer wanted) {
    if (wanted != null && wanted < known.classes()) {
      throw new UsageException(
          name + " has " + known.classes() + " classes, more than --classes " + wanted,
          "Leave --classes out, or give at least " + known.classes() + ".");
    }
    return wanted == null ? known.classes() : wanted;
  }

  /** The built-in set whose images a network takes by itself, unless the user gave a shape. */
  private static @Nullable String usual(String network, RecipeOptions options) {
    if (options.input != null || !Zoo.has(network)) {
      return null;
    }
    List<Long> sample = Zoo.defaults(network).sample();
    return BUILT_IN.stream()
        .filter(set -> shape(Datasets.facts(set).format()).equals(sample))
        .findFirst()
        .orElse(null);
  }

  private static List<Long> shape(ImageFormat format) {
    return List.of((long) format.channels(), (long) format.height(), (long) format.width());
  }

  /** The built-in set whose images a network from a file takes, or null. */
  static @Nullable String usual(Graph graph) {
    return BUILT_IN.stream()
        .filter(set -> Datasets.facts(set).format().values() == sampleValues(graph))
        .findFirst()
        .orElse(null);
  }

  /** Fails if the set's images are not what a network takes. */
  void check(Graph graph) {
    if (facts != null && sampleValues(graph) != facts.format().values()) {
      throw new InputException(
          graph.name()
              + " takes "
              + String.join(
                  " and ", graph.inputs(Input.Kind.USER).stream().map(Input::shapeText).toList())
              + ", an image of "
              + name
              + " is "
              + facts.format(),
          "Choose other --data, or leave it out to train on random samples.");
    }
  }

  /** Values of one sample of the network's input, 0 if it takes another number of inputs. */
  private static long sampleValues(Graph graph) {
    List<Input> inputs = graph.inputs(Input.Kind.USER);
    if (inputs.size() != 1 || !inputs.getFirst().dtype().isFloating()) {
      return 0;
    }
    List<Dim> shape = inputs.getFirst().shape();
    return shape.stream().skip(1).mapToLong(d -> d.at(1)).reduce(1, Math::multiplyExact);
  }
}
