package dev.headroom.importers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;

/** Parses JSON with bounds on its size, depth and number of values, so that memory is bounded. */
final class JsonDocuments {
  /** Nodes of an export nest about ten deep. */
  private static final int MAX_DEPTH = 100;

  /** A graph of 30,000 calls has about 3 million tokens. */
  private static final long MAX_TOKENS = 8_000_000;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(factory()).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonDocuments() {}

  private static JsonFactory factory() {
    return new JsonFactoryBuilder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxTokenCount(MAX_TOKENS)
                .build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }

  /**
   * Reads a document.
   *
   * @param name what messages call it
   * @throws ImportException if it is not JSON, or beyond the bounds
   */
  static Fields read(InputStream in, String name) throws IOException {
    try {
      JsonNode root = MAPPER.readTree(in);
      if (root == null || root.isMissingNode()) {
        throw ImportException.damaged(name + " is empty: expected JSON");
      }
      return Fields.of(root, name);
    } catch (JsonProcessingException e) {
      throw ImportException.damaged(
          name + " is not JSON that Headroom can read: " + e.getOriginalMessage(), e);
    }
  }
}
