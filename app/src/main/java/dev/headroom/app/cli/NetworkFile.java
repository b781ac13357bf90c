package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
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
}
