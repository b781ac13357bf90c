package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import dev.headroom.importers.ImportException;
import dev.headroom.importers.NetworkFiles;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Packs what {@code export_timm.py} wrote into the resource that the accuracy report reads: each
 * network through the importer, equal ones once, and those alone that have as many parameters as
 * their row says. What was not exported again stays as the resource has it. Never run by the build.
 */
final class TimmNetworksMaker {
  private TimmNetworksMaker() {}

  /**
   * Packs a folder.
   *
   * @param args ground truth, the folder of exports, the file to write
   */
  public static void main(String[] args) throws IOException {
    Map<List<String>, List<String>> networks = new LinkedHashMap<>();
    Map<String, List<String>> before = new HashMap<>();
    for (TimmNetworks network : TimmNetworks.all()) {
      network.models().forEach(model -> before.put(model, network.lines()));
    }
    List<TimmRow> rows = new ArrayList<>(TimmRow.read(Path.of(args[0])));
    rows.sort((a, b) -> family(a.model()).compareTo(family(b.model())));
    for (TimmRow row : rows) {
      Path file = Path.of(args[1], row.model() + ".json.gz");
      if (!Files.exists(file)) {
        List<String> lines = before.get(row.model());
        if (lines != null) {
          networks.computeIfAbsent(lines, k -> new ArrayList<>()).add(row.model());
        }
        continue;
      }
      try {
        Graph graph = NetworkFiles.read(file, null).graph();
        if (Math.abs(graph.parameterCount() / 1e6 - row.millions()) > 0.0051) {
          throw new IllegalArgumentException(
              graph.parameterCount() + " parameters, " + row.millions() + " million in the row");
        }
        List<String> lines = NetworkTextWriter.lines(graph);
        networks.computeIfAbsent(lines, k -> new ArrayList<>()).add(row.model());
      } catch (ImportException | IllegalArgumentException e) {
        System.err.println(row.model() + ": " + e.getMessage());
      }
    }
    try (BufferedWriter out =
        new BufferedWriter(
            new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(Path.of(args[2]))) {
                  {
                    def.setLevel(9);
                  }
                },
                StandardCharsets.UTF_8))) {
      for (Map.Entry<List<String>, List<String>> network : networks.entrySet()) {
        out.write("network " + String.join(" ", network.getValue()) + "\n");
        for (String line : network.getKey()) {
          out.write(line + "\n");
        }
      }
    }
    System.err.println(networks.size() + " networks");
  }

  /** The name without who trained it, so that similar networks are neighbours. */
  private static String family(String model) {
    return model.replaceFirst("^(gluon|tv|ssl|swsl|ig|legacy|tf|dm|jx)_", "");
  }
}
