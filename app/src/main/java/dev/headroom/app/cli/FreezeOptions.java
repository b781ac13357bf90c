package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which parameters are not trained. */
final class FreezeOptions {
  @Option(
      names = "--freeze",
      paramLabel = "MODULES",
      split = ",",
      description = {
        "Modules whose parameters are not trained (requires_grad_(False)), such as",
        "features,classifier.2."
      })
  @Nullable List<String> frozen;

  @Option(
      names = "--train-only",
      paramLabel = "MODULES",
      split = ",",
      description = "The same for all parameters but those of these modules.")
  @Nullable List<String> trained;

  /** The network as it is trained. */
  Graph apply(Graph graph) {
    if (frozen != null && trained != null) {
      throw new UsageException(
          "--freeze and --train-only cannot go together", "Leave one of them out.");
    }
    try {
      return frozen != null
          ? Frozen.of(graph, frozen)
          : trained != null ? Frozen.exceptFor(graph, trained) : graph;
    } catch (Frozen.NothingToTrainException e) {
      throw new UsageException(
          String.valueOf(e.getMessage()),
          frozen != null
              ? "Leave at least one of them out of --freeze, or name with --train-only what shall"
                  + " learn."
              : "Name with --train-only what is not frozen in the file itself.");
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          String.valueOf(e.getMessage()),
          "Name modules as headroom describe lists them, separated by commas.");
    }
  }

  /** Says what is not trained, if anything. */
  void note(Graph graph, List<String> notes) {
    long count = Frozen.parameterCount(graph);
    if (count > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "not trained are %,d of %,d parameters: %s",
              count,
              graph.parameterCount(),
              String.join(", ", names(graph))));
    }
  }

  /** Modules whose parameters are not trained, the outermost that say it. */
  static List<String> names(Graph graph) {
    return Frozen.modules(
        graph,
        graph.inputs(Input.Kind.PARAMETER).stream()
            .filter(input -> !input.requiresGrad())
            .map(Input::path)
            .collect(Collectors.toSet()));
  }
}
