package dev.headroom.importers;

import dev.headroom.graph.Graph;
import java.util.List;

/**
 * A network that was read from a file.
 *
 * @param graph the network
 * @param notes what was assumed while reading, in words
 */
public record ImportedModel(Graph graph, List<String> notes) {
  public ImportedModel {
    notes = List.copyOf(notes);
  }
}
