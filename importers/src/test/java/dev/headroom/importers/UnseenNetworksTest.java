package dev.headroom.importers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.ledger.Timeline;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole training loops of networks outside the oracle (a U-Net, a 1- and a 3-dimensional CNN,
 * attention written by hand, bags, cells, a spatial transformer, networks of several inputs ...)
 * against what PyTorch allocated: every event without oneDNN and under autocast, saved bytes and
 * peaks with it.
 */
class UnseenNetworksTest {
  private static Path folder() throws Exception {
    return Path.of(UnseenNetworksTest.class.getResource("/unseen").toURI());
  }

  static Stream<String> names() throws Exception {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".case.json.gz"))
          .map(f -> f.substring(0, f.indexOf('.')))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static JsonNode recorded(String name) throws Exception {
    Path file = folder().resolve(name + ".case.json.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      return new ObjectMapper().readTree(in);
    }
  }

  static Stream<String> withOnednn() throws Exception {
    return recordedWith("onednn");
  }

  static Stream<String> withAutocast() throws Exception {
    return recordedWith("bf16");
  }

  private static Stream<String> recordedWith(String run) throws Exception {
    List<String> out = new ArrayList<>();
    for (String name : names().toList()) {
      if (recorded(name).has(run)) {
        out.add(name);
      }
    }
    return out.stream();
  }

  private static Ledger written(String name, JsonNode recorded, boolean onednn) throws Exception {
    return written(name, recorded, onednn, Precision.FP32);
  }

  private static Ledger written(String name, JsonNode recorded, boolean onednn, Precision precision)
      throws Exception {
    Graph graph = NetworkFiles.read(folder().resolve(name + ".model.json.gz"), null).graph();
    Loss loss = Loss.valueOf(recorded.path("loss").asText().toUpperCase(Locale.ROOT));
    Recipe recipe = Recipe.of(Optimizer.ADAM).with(BatchArrival.FIXED).with(loss).with(precision);
    long batch = recorded.path("batch").asLong();
    Backend backend = Backend.cpu().withOnednn(onednn);
    return PaperTraining.ledger(graph, recipe, backend, List.of(batch, batch, batch), 0);
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyEventWithoutOnednn(String name) throws Exception {
    JsonNode recorded = recorded(name);
    Ledger ledger = written(name, recorded, false);
    events(ledger, recorded.path("plain").path("events"), recorded.path("order").asText());
    same(ledger, recorded.path("plain"), "peaks");
  }

  @ParameterizedTest
  @MethodSource("withOnednn")
  void savedBytesAndPeaksWithOnednn(String name) throws Exception {
    JsonNode recorded = recorded(name);
    Ledger ledger = written(name, recorded, true);
    JsonNode run = recorded.path("onednn");
    same(ledger, run, "peaks_without_convolution_scratch");
    if (run.has("events_without_convolution_scratch")) {
      events(
          ledger, run.path("events_without_convolution_scratch"), recorded.path("order").asText());
    }
  }

  /** Casts of weights die with autocast, in the order of a hash table. */
  @ParameterizedTest
  @MethodSource("withAutocast")
  void everyEventUnderAutocast(String name) throws Exception {
    JsonNode recorded = recorded(name);
    Ledger ledger = written(name, recorded, false, Precision.BF16);
    events(ledger, recorded.path("bf16").path("events"), "other");
    same(ledger, recorded.path("bf16"), "peaks");
  }

  private static void events(Ledger ledger, JsonNode recorded, String order) {
    List<String> expected = new ArrayList<>();
    for (JsonNode event : recorded) {
      expected.add(
          event.get(0).asInt() + " " + event.get(1).asText() + " " + event.get(2).asLong());
    }
    List<String> actual = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP && span.phase() != Phase.BATCH) {
        String phase = span.phase().name().toLowerCase(Locale.ROOT);
        actual.add(span.iteration() + " " + phase + " " + ledger.delta(i));
      }
    }
    if (order.equals("other")) {
      expected.sort(null);
      actual.sort(null);
    }
    assertThat(actual).isEqualTo(expected);
  }

  private static void same(Ledger ledger, JsonNode run, String peaks) {
    Timeline timeline = new Timeline(ledger);
    assertThat(timeline.bytes(Category.ACTIVATION)).isEqualTo(run.path("saved").asLong());
    for (int step = 1; step <= 3; step++) {
      assertThat(timeline.peak(step).liveBytes())
          .as("peak of step " + step)
          .isEqualTo(run.path(peaks).get(step - 1).asLong());
    }
  }
}
