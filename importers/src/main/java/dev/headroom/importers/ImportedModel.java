package dev.headroom.importers;

import dev.headroom.graph.Graph;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network that was read from a file.
 *
 * @param graph the network
 * @param weights values of its parameters and buffers, or null if the file holds a graph alone
 * @param notes what was assumed while reading, in words
 */
public record ImportedModel(Graph graph, @Nullable Weights weights, List<String> notes) {
  public ImportedModel {
    notes = List.copyOf(notes);
  }
}
