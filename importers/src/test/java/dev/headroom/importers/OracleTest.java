package dev.headroom.importers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.ledger.Timeline;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The written ledger of exported networks against what real PyTorch allocated on the CPU (the
 * shared oracle). Totals are those of {@code peak_excluding_conv_scratch} with oneDNN, whose
 * scratch the written ledger leaves out, and of the raw {@code peak} without it.
 */
class OracleTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Path folder() throws Exception {
    return Path.of(OracleTest.class.getResource("/oracle").toURI());
  }

  private static Stream<String> names(String ending) throws Exception {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(ending))
          .map(f -> f.substring(0, f.length() - ending.length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  static Stream<String> cases() throws Exception {
    return names(".json");
  }

  static Stream<String> casesWithEvents() throws Exception {
    return names(".events.json.gz");
  }

  private static JsonNode summary(String name) throws Exception {
    return JSON.readTree(folder().resolve(name + ".json").toFile());
  }

  /**
   * Checkpointing is the recipe's, not the network's. The graph alone does not say that two names
   * are one storage; the archive's weights do.
   */
  private static Graph network(String model) throws Exception {
    String plain = model.replace("_ckpt", "");
    String file = plain.equals("gpt_tied") ? "gpt_tied.pt2" : plain + ".model.json.gz";
    return NetworkFiles.read(ModelReaderTest.export(file), null).graph();
  }

  private static Checkpoint checkpoint(JsonNode j) {
    if (j.path("model").asText().endsWith("_ckpt")) {
      return Checkpoint.BLOCKS;
    }
    return j.path("checkpointing").isTextual()
        ? Checkpoint.parse(j.path("checkpointing").asText())
        : Checkpoint.NONE;
  }

  private static Recipe recipe(JsonNode j) {
    String optimizer = j.path("optimizer").asText().replace("sgd_momentum", "momentum");
    Optimizer.Form form =
        j.path("optimizer_fused").asBoolean()
            ? Optimizer.Form.FUSED
            : j.path("optimizer_foreach").asBoolean()
                ? Optimizer.Form.FOREACH
                : Optimizer.Form.FOR_LOOP;
    return Recipe.of(Optimizer.valueOf(optimizer.toUpperCase(Locale.ROOT)))
        .with(form)
        .with(BatchArrival.FIXED)
        .withAccumulate(j.path("accumulation_steps").asInt())
        .with(j.path("precision").asText().equals("fp32") ? Precision.FP32 : Precision.BF16)
        .with(checkpoint(j))
        .withSetToNone(j.path("set_to_none").asBoolean(true));
  }

  private static Ledger ledger(JsonNode j) throws Exception {
    long batch = j.path("batch").asLong();
    List<String> frozen = new ArrayList<>();
    j.path("frozen").forEach(module -> frozen.add(module.asText()));
    return PaperTraining.ledger(
        Frozen.of(network(j.path("model").asText()), frozen),
        recipe(j),
        Backend.cpu().withOnednn(j.path("onednn").asBoolean()),
        List.of(batch, batch, batch),
        0);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedBytesAndPeaks(String name) throws Exception {
    JsonNode j = summary(name);
    Timeline timeline = new Timeline(ledger(j));
    assertThat(timeline.bytes(Category.ACTIVATION))
        .isEqualTo(j.path("saved_for_backward").path("activation_bytes").asLong());
    String peak = j.path("onednn").asBoolean() ? "peak_excluding_conv_scratch" : "peak";
    for (JsonNode step : j.path("steps")) {
      assertThat(timeline.peak(step.path("step").asInt() + 1).liveBytes())
          .isEqualTo(step.path(peak).path("bytes").asLong());
    }
    JsonNode bytes = j.path("bytes");
    assertThat(timeline.bytes(Category.PARAMETER)).isEqualTo(bytes.path("parameters").asLong());
    assertThat(timeline.bytes(Category.BUFFER)).isEqualTo(bytes.path("buffers").asLong());
    assertThat(timeline.bytes(Category.GRADIENT)).isEqualTo(bytes.path("gradients").asLong());
    assertThat(timeline.bytes(Category.OPTIMIZER_STATE))
        .isEqualTo(bytes.path("optimizer_state").asLong());
    assertThat(timeline.bytes(Category.INPUT)).isEqualTo(bytes.path("batch").asLong());
  }

  @ParameterizedTest
  @MethodSource("casesWithEvents")
  void everyEventInOrder(String name) throws Exception {
    List<String> expected = recorded(name);
    List<String> actual = new ArrayList<>();
    Ledger ledger = ledger(summary(name));
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
    boolean frozen = name.contains("-frozen-");
    boolean attends = name.startsWith("gpt") || name.startsWith("vit");
    if (name.contains("ckpt") || (frozen && (name.startsWith("gpt") || name.startsWith("lenet")))) {
      // A Python function's variables live until it returns, which the exporter does not record:
      // qkv and y of a GPT's or a ViT's block in forward, x of a LeNet, and the identity of a
      // ResNet's block
      // that is broken off, which outlives the generator's state. What nobody saves shows here.
      assertThat(actual.stream().sorted().toList()).isEqualTo(expected.stream().sorted().toList());
      Predicate<String> late =
          e -> attends || frozen ? e.contains(" forward ") || (frozen && state(e)) : state(e);
      actual.removeIf(late);
      expected.removeIf(late);
    }
    if (name.startsWith("gpt") && name.contains("bf16autocast")) {
      // The casts of biases die with autocast, in loss or in a block that runs again, in the order
      // of a map hashed by address.
      assertThat(sortedFrees(actual)).isEqualTo(sortedFrees(expected));
    } else {
      assertThat(actual).isEqualTo(expected);
    }
  }

  /** The generator's state goes. */
  private static boolean state(String event) {
    return event.endsWith(" -5056");
  }

  private static List<String> recorded(String name) throws IOException, Exception {
    List<String> out = new ArrayList<>();
    try (InputStream in =
        new GZIPInputStream(Files.newInputStream(folder().resolve(name + ".events.json.gz")))) {
      JsonNode events = JSON.readTree(in);
      for (JsonNode e : events.path("events")) {
        JsonNode phase = events.path("phases").get(e.get(0).asInt());
        // Our loop leaves autocast at the end of the loss.
        String label = phase.get(1).asText().replace("autocast_exit", "loss");
        out.add((phase.get(0).asInt() + 1) + " " + label + " " + e.get(2).asLong());
      }
    }
    return out;
  }

  /** Frees that follow each other, sorted. */
  private static List<String> sortedFrees(List<String> events) {
    List<String> out = new ArrayList<>();
    int i = 0;
    while (i < events.size()) {
      int end = i;
      while (end < events.size() && events.get(end).contains(" -")) {
        end++;
      }
      out.addAll(events.subList(i, end).stream().sorted().toList());
      if (end < events.size()) {
        out.add(events.get(end));
      }
      i = end + 1;
    }
    return out;
  }

  static Stream<String> casesWithFlops() throws Exception {
    return cases().filter(name -> name.contains("-ckpt-"));
  }

  /** PyTorch's own count of forward on one micro-batch, and of what checkpoints run again. */
  @ParameterizedTest
  @MethodSource("casesWithFlops")
  void flops(String name) throws Exception {
    JsonNode j = summary(name);
    FlopCounter counted =
        PaperTraining.flops(
            network(j.path("model").asText()),
            recipe(j).withAccumulate(1),
            Backend.cpu().withOnednn(j.path("onednn").asBoolean()),
            j.path("batch").asLong());
    assertThat(counted.forward()).isEqualTo(j.path("flops").path("forward").asDouble());
    assertThat(counted.again()).isEqualTo(j.path("flops").path("again").asDouble());
  }

  @Test
  void everySharedModelIsHere() throws Exception {
    assertThat(cases().count()).isEqualTo(87);
    assertThat(casesWithEvents().count()).isEqualTo(66);
  }

  @Test
  void anLstmOnOnednnHasNoWrittenLedger() throws Exception {
    Graph graph = network("lstm_classifier");
    Recipe recipe = Recipe.of(Optimizer.ADAM);
    assertThatThrownBy(() -> PaperTraining.ledger(graph, recipe, List.of(16L), 0))
        .isInstanceOf(UnsupportedOperatorException.class)
        .hasMessageContaining("aten.lstm.input")
        .hasMessageContaining("record the ledger, or turn oneDNN off");
  }
}
