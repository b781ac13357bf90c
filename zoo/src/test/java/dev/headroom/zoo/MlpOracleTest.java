package dev.headroom.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.ledger.Timeline;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The written ledger against every allocation that real PyTorch made. */
class MlpOracleTest {
  static Stream<OracleCase> cases() throws Exception {
    Path folder = Path.of(MlpOracleTest.class.getResource("/oracle").toURI());
    try (Stream<Path> files = Files.list(folder)) {
      List<String> names =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.startsWith("mlp_") && f.endsWith(".events.json.gz"))
              .map(f -> f.replace(".events.json.gz", ""))
              .sorted()
              .toList();
      assertThat(names).hasSizeGreaterThan(35);
      List<OracleCase> cases = new ArrayList<>();
      for (String name : names) {
        cases.add(OracleCase.load(name));
      }
      return cases.stream();
    }
  }

  private static Ledger plan(OracleCase c) {
    JsonNode j = c.summary();
    String name = j.path("optimizer").asText().replace("sgd_momentum", "momentum");
    Optimizer.Form form =
        j.path("optimizer_fused").asBoolean()
            ? Optimizer.Form.FUSED
            : j.path("optimizer_foreach").asBoolean()
                ? Optimizer.Form.FOREACH
                : Optimizer.Form.FOR_LOOP;
    Recipe recipe =
        Recipe.of(Optimizer.valueOf(name.toUpperCase(Locale.ROOT)))
            .with(form)
            .with(BatchArrival.FIXED)
            .withAccumulate(j.path("accumulation_steps").asInt());
    Graph graph = Mlp.build(j.path("input_shape").get(1).asInt(), List.of(128), 10);
    return PaperTraining.ledger(graph, recipe, List.of(batch(j), batch(j), batch(j)), 0);
  }

  private static long batch(JsonNode j) {
    return j.path("batch").asLong();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyEventInOrder(OracleCase c) {
    List<String> expected = new ArrayList<>();
    for (JsonNode e : c.events().path("events")) {
      JsonNode phase = c.events().path("phases").get(e.get(0).asInt());
      expected.add(
          (phase.get(0).asInt() + 1) + " " + phase.get(1).asText() + " " + e.get(2).asLong());
    }
    Ledger ledger = plan(c);
    List<String> actual = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP && span.phase() != Phase.BATCH) {
        actual.add(
            span.iteration()
                + " "
                + span.phase().name().toLowerCase(Locale.ROOT)
                + " "
                + ledger.delta(i));
      }
    }
    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void peaksAndCategories(OracleCase c) {
    Timeline timeline = new Timeline(plan(c));
    JsonNode j = c.summary();
    for (int step = 0; step < 3; step++) {
      JsonNode peak = j.path("steps").get(step).path("peak");
      assertThat(timeline.peak(step + 1).liveBytes()).isEqualTo(peak.path("bytes").asLong());
      assertThat(timeline.peak(step + 1).span().phase().name())
          .isEqualToIgnoringCase(peak.path("phase").asText());
    }
    JsonNode bytes = j.path("bytes");
    assertThat(timeline.bytes(Category.PARAMETER)).isEqualTo(bytes.path("parameters").asLong());
    assertThat(timeline.bytes(Category.GRADIENT)).isEqualTo(bytes.path("gradients").asLong());
    assertThat(timeline.bytes(Category.OPTIMIZER_STATE))
        .isEqualTo(bytes.path("optimizer_state").asLong());
    assertThat(timeline.bytes(Category.INPUT)).isEqualTo(bytes.path("batch").asLong());
    assertThat(timeline.bytes(Category.ACTIVATION))
        .isEqualTo(j.path("saved_for_backward").path("activation_bytes").asLong());
  }
}
