package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** One training run of PyTorch on the CPU that was recorded allocation by allocation. */
final class OracleCase {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path oracle;
  private final String name;
  private final JsonNode json;

  private OracleCase(Path oracle, String name, JsonNode json) {
    this.oracle = oracle;
    this.name = name;
    this.json = json;
  }

  static OracleCase read(Path oracle, String name) throws IOException {
    Path file = oracle.resolve("cpu").resolve(name + ".json");
    return new OracleCase(oracle, name, JSON.readTree(file.toFile()));
  }

  String name() {
    return name;
  }

  /** Whether oneDNN was on; then kernels' own scratch depends on the processor and is left out. */
  boolean onednn() {
    return json.path("onednn").asBoolean();
  }

  /** Bytes that autograd kept, whole storages once. */
  long savedBytes() {
    return json.path("saved_for_backward").path("activation_bytes").asLong();
  }

  /** Live bytes at the peak of a step, counted from 0, without scratch of convolution kernels. */
  long peakBytes(int step) {
    String peak = onednn() ? "peak_excluding_conv_scratch" : "peak";
    return json.path("steps").get(step).path(peak).path("bytes").asLong();
  }

  /** Whether a convolution allocated scratch within itself. */
  boolean hasKernelScratch() {
    for (JsonNode step : json.path("steps")) {
      if (step.path("peak").path("bytes").asLong()
          != step.path("peak_excluding_conv_scratch").path("bytes").asLong()) {
        return true;
      }
    }
    return onednn() && !name.startsWith("mlp") && !name.startsWith("gpt");
  }

  /** The same three steps on paper. */
  Ledger predicted() throws IOException {
    long batch = json.path("batch").asLong();
    return PaperTraining.ledger(
        graph(), recipe(), Backend.cpu().withOnednn(onednn()), List.of(batch, batch, batch), 0);
  }

  private Graph graph() throws IOException {
    String model = json.path("model").asText();
    Path file = oracle.resolve("export").resolve(model + ".pt2");
    return Files.exists(file)
        ? NetworkFiles.read(file, null).graph()
        : Zoo.build("mlp", Options.none().sample(List.of(3072L)));
  }

  private Recipe recipe() {
    String optimizer = json.path("optimizer").asText().replace("sgd_momentum", "momentum");
    Optimizer.Form form =
        json.path("optimizer_fused").asBoolean()
            ? Optimizer.Form.FUSED
            : json.path("optimizer_foreach").asBoolean()
                ? Optimizer.Form.FOREACH
                : Optimizer.Form.FOR_LOOP;
    boolean full = json.path("precision").asText().equals("fp32");
    boolean recomputes = json.path("model").asText().endsWith("_ckpt");
    return Recipe.of(Optimizer.valueOf(optimizer.toUpperCase(Locale.ROOT)))
        .with(form)
        .with(BatchArrival.FIXED)
        .withAccumulate(json.path("accumulation_steps").asInt())
        .with(full ? Precision.FP32 : Precision.BF16)
        .with(recomputes ? Checkpoint.BLOCKS : Checkpoint.NONE);
  }

  /** Every allocation and free that PyTorch made in the steps: step, phase, bytes. */
  List<String> recordedEvents() throws IOException {
    Path file = oracle.resolve("cpu").resolve(name + ".events.json.gz");
    List<String> out = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      JsonNode events = JSON.readTree(in);
      for (JsonNode event : events.path("events")) {
        JsonNode phase = events.path("phases").get(event.get(0).asInt());
        // Our loop leaves autocast at the end of the loss.
        String label = phase.get(1).asText().replace("autocast_exit", "loss");
        out.add((phase.get(0).asInt() + 1) + " " + label + " " + event.get(2).asLong());
      }
    }
    return out;
  }

  /** The same of a ledger. */
  static List<String> events(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP && span.phase() != Phase.BATCH) {
        String phase = span.phase().name().toLowerCase(Locale.ROOT);
        out.add(span.iteration() + " " + phase + " " + ledger.delta(i));
      }
    }
    return out;
  }
}
