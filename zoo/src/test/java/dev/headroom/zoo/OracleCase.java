package dev.headroom.zoo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** What real PyTorch did in one training case. */
record OracleCase(String name, JsonNode summary, JsonNode events) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static OracleCase load(String name) throws IOException {
    try (InputStream summary = open(name + ".json");
        InputStream events = new GZIPInputStream(open(name + ".events.json.gz"))) {
      return new OracleCase(name, JSON.readTree(summary), JSON.readTree(events));
    }
  }

  private static InputStream open(String file) {
    return Objects.requireNonNull(
        OracleCase.class.getResourceAsStream("/oracle/" + file), "no test resource " + file);
  }

  @Override
  public String toString() {
    return name;
  }
}
