package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageFormat;
import dev.headroom.data.ImageSet;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.tensor.DType;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The data set of a command: what is known without reading it, and whether a network takes it. */
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

  /**
   * The built-in set that a network from a file can be trained on here, or null.
   *
   * @param classes that its output has a value for; where that is not known, no set is chosen
   */
  static @Nullable String usual(Graph graph, OptionalLong classes) {
    for (String set : BUILT_IN) {
      Datasets.Facts facts = Datasets.facts(set);
      if (takes(graph, facts.format())
          && takesFloat32(graph)
          && classes.orElse(0) >= facts.classes()) {
        return set;
      }
    }
    return null;
  }

  /**
   * Fails if a network does not take the set's images, whatever the command does with them.
   *
   * @throws InputException unless it takes floating-point numbers in the shape of an image, or as
   *     many in a row
   */
  void check(Graph graph) {
    if (facts != null && !takes(graph, facts.format())) {
      throw new InputException(
          graph.name()
              + " takes "
              + String.join(
                  " and ", graph.inputs(Input.Kind.USER).stream().map(TrainingData::text).toList())
              + ", an image of "
              + name
              + " is "
              + facts.format(),
          "Choose other --data, export the network for samples of "
              + facts.format()
              + ", or of "
              + facts.format().values()
              + " values in a row, or leave --data out: plan and fit need none, train takes random"
              + " samples.");
    }
  }

  /**
   * Fails if the set has labels that a network's output has no value for; PyTorch minds no value
   * that no label ever asks for.
   *
   * @param classes that the output has a value for, empty if that is not known
   */
  void checkClasses(Graph graph, OptionalLong classes) {
    if (facts != null && classes.orElse(Long.MAX_VALUE) < facts.classes()) {
      throw new InputException(
          graph.name()
              + " gives "
              + classes.getAsLong()
              + " values for each sample, data set "
              + name
              + " has "
              + facts.classes()
              + " classes: the loss finds no value for labels from "
              + classes.getAsLong()
              + " on",
          "Choose other --data, export the network with "
              + facts.classes()
              + " outputs, or leave --data out: plan and fit need none, train takes random"
              + " samples.");
    }
  }

  /**
   * Fails if images would have to be converted for a network: that is left to PyTorch's users, for
   * whom a plan is made all the same.
   */
  void checkToTrain(Graph graph) {
    if (!takesFloat32(graph)) {
      throw new InputException(
          graph.name()
              + " takes "
              + text(graph.inputs(Input.Kind.USER).getFirst())
              + ", images of "
              + name
              + " are read as float32",
          "Export the network in float32 (model.float()); --precision has the lower ones.");
    }
  }

  private static boolean takesFloat32(Graph graph) {
    return graph.inputs(Input.Kind.USER).getFirst().dtype() == DType.FLOAT32;
  }

  private static String text(Input input) {
    return input.shapeText() + (input.dtype() == DType.FLOAT32 ? "" : " of " + input.dtype());
  }

  /**
   * Whether a network takes images: in their own shape, or flat, as {@code x.flatten(1)} makes
   * them, dimensions of size 1 aside: rows of a grey image (28, 28) are what a recurrent network
   * takes. The same number of values in another shape would run, and learn from images cut up.
   */
  private static boolean takes(Graph graph, ImageFormat format) {
    List<Input> inputs = graph.inputs(Input.Kind.USER);
    if (inputs.size() != 1 || !inputs.getFirst().dtype().isFloating()) {
      return false;
    }
    List<Dim> sample = squeezed(inputs.getFirst().shape().stream().skip(1));
    return sample.equals(squeezed(shape(format).stream().map(Dim::of)))
        || sample.equals(List.of(Dim.of(format.values())));
  }

  private static List<Dim> squeezed(Stream<Dim> shape) {
    return shape.filter(dim -> !dim.equals(Dim.of(1))).toList();
  }

  /**
   * Reads a set, whose files may hold something else than its name says.
   *
   * @param dataDir where its files are, null for the usual places
   * @throws InputException if its images have another shape than those of that name
   */
  static ImageSet open(String name, @Nullable Path dataDir, Datasets.Split split) {
    ImageSet set = Datasets.open(name, dataDir, split);
    ImageFormat usual = Datasets.facts(name).format();
    if (!set.format().equals(usual)) {
      throw new InputException(
          "an image of "
              + name
              + " is "
              + usual
              + ", in the files that were found it is "
              + set.format(),
          "Put the official files there, or name another folder with --data-dir.");
    }
    return set;
  }
}
