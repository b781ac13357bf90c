package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.importers.ImportedModel;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A NETWORK that is a file, and what the options mean for it. */
final class NetworkFile {
  /** What to do about a file that takes one batch only. */
  static final String REEXPORT =
      "Export it with dynamic_shapes=({0: torch.export.Dim(\"batch\")},) for any batch.";

  private NetworkFile() {}

  /** Whether a NETWORK is meant as a file. */
  static boolean is(String network) {
    if (network.contains("/") || network.endsWith(".pt2") || network.endsWith(".json")) {
      return true;
    }
    try {
      return !Zoo.has(network) && (network.contains(".") || Files.exists(Path.of(network)));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  static ImportedModel read(String network, RecipeOptions options) {
    if (options.input != null) {
      throw new UsageException(
          "--input is not for a network file: the shape of a sample is in the file",
          "Leave it out.");
    }
    if (!options.zoo.given().equals(Options.none())) {
      throw new UsageException(
          "options that set up a built-in network, such as --hidden or --classes, are not for a"
              + " network file",
          "Leave them out.");
    }
    try {
      return NetworkFiles.read(Path.of(network), options.zoo.model);
    } catch (InvalidPathException e) {
      throw new InputException("'" + network + "' is no file name", "Name a .pt2 file.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is assumed about several inputs, and about several results, in words. */
  static List<String> inputs(Graph graph) {
    List<String> out = new ArrayList<>();
    List<Input> inputs = graph.inputs(Input.Kind.USER);
    if (inputs.size() > 1) {
      out.add(
          "a batch is "
              + inputs.size()
              + " tensors: "
              + String.join(", ", inputs.stream().map(NetworkFile::text).toList()));
    }
    if (graph.outputs().size() > 1) {
      out.add(
          "the network returns "
              + graph.outputs().size()
              + " tensors: the loss is of the first, the others are dropped");
    }
    return out;
  }

  private static String text(Input input) {
    return input.name() + " " + input.dtype() + input.shape();
  }

  /** Values of one sample of the network's input, 0 if it takes another number of inputs. */
  static long sampleValues(Graph graph) {
    List<Input> inputs = graph.inputs(Input.Kind.USER);
    if (inputs.size() != 1 || !inputs.getFirst().dtype().isFloating()) {
      return 0;
    }
    List<Dim> shape = inputs.getFirst().shape();
    return shape.stream().skip(1).mapToLong(d -> d.at(1)).reduce(1, Math::multiplyExact);
  }

  /** Fails if a data set's images are not what the network takes. */
  static void checkData(Graph graph, String data, Datasets.Facts facts) {
    if (sampleValues(graph) != facts.format().values()) {
      throw new InputException(
          graph.name()
              + " takes "
              + String.join(
                  " and ", graph.inputs(Input.Kind.USER).stream().map(Input::shapeText).toList())
              + ", an image of "
              + data
              + " is "
              + facts.format(),
          "Choose other --data, or leave it out to train on random samples.");
    }
  }

  /** The built-in set whose images a network takes, or null. */
  static @Nullable String usualData(Graph graph) {
    return List.of("digits", "shapes").stream()
        .filter(name -> Datasets.facts(name).format().values() == sampleValues(graph))
        .findFirst()
        .orElse(null);
  }
}
