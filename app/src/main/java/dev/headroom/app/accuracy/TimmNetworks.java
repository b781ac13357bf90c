package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * The networks of timm 0.6.7 as {@code torch.export} records them while they train, without
 * weights: {@code export_timm.py} exported them, Headroom's importer read them, equal ones are kept
 * once.
 *
 * @param models timm's names of it
 * @param lines as {@link NetworkText} reads them
 */
record TimmNetworks(List<String> models, List<String> lines) {
  private static final String FILE = "timm.txt.gz";
  private static final String HEAD = "network ";

  /** All of them. */
  static List<TimmNetworks> all() throws IOException {
    List<TimmNetworks> out = new ArrayList<>();
    try (InputStream file = TimmNetworks.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IOException(FILE + " is not beside " + TimmNetworks.class.getName());
      }
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8));
      List<String> lines = new ArrayList<>();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(HEAD)) {
          lines = new ArrayList<>();
          out.add(new TimmNetworks(List.of(line.substring(HEAD.length()).split(" ")), lines));
        } else {
          lines.add(line);
        }
      }
    }
    return out;
  }

  /** The network. */
  Graph graph() {
    return NetworkText.read(models.getFirst(), lines);
  }
}
