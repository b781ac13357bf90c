package dev.headroom.app.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.headroom.app.InputException;
import java.io.IOException;
import java.nio.file.Path;

/** Reads what {@code plan --json} printed. */
final class PlanFile {
  private PlanFile() {}

  /** Its {@code peak.usedBytes}. */
  static long usedBytes(Path file) throws IOException {
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      int depth = 0;
      boolean inPeak = false;
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isStructStart()) {
          inPeak = inPeak || (depth == 1 && "peak".equals(json.currentName()));
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
          inPeak = inPeak && depth > 1;
        } else if (inPeak
            && depth == 2
            && token == JsonToken.VALUE_NUMBER_INT
            && "usedBytes".equals(json.currentName())) {
          return json.getLongValue();
        }
      }
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new InputException(
          file + " is no JSON: " + e.getOriginalMessage(),
          "Write it with headroom plan --json.",
          e);
    }
    throw new InputException(
        file + " has no peak.usedBytes", "Write it with headroom plan --json.");
  }
}
