package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.plan.PaperTraining;
import dev.headroom.plan.ValueDependence;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.RecordedTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The networks of the importers' {@code UnseenNetworksTest}, really trained by libtorch without
 * oneDNN: measured equals predicted, event for event, and in what is kept for backward.
 */
class UnseenRunsTest {
  private static final Path FOLDER = Path.of("../importers/src/test/resources/unseen");

  static Stream<Path> graphs() throws Exception {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(f -> f.toString().endsWith(".model.json.gz")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void measuredEqualsPredicted(Path file) throws Exception {
    Graph graph = NetworkFiles.read(file, null).graph();
    Recipe recipe = Recipe.of(Optimizer.ADAM).with(Loss.MSE);
    Backend backend = Backend.cpu().withOnednn(false);
    List<Long> batches = List.of(3L, 3L, 2L);
    Ledger measured = RecordedTraining.ledger(graph, recipe, batches, 0, backend);
    Ledger predicted = PaperTraining.ledger(graph, recipe, backend, batches, 0);
    if (!ValueDependence.of(graph).isEmpty()) {
      // The samples' masks choose some of what is written for all.
      long most = new Timeline(predicted).peak().liveBytes();
      assertThat(new Timeline(measured).peak().liveBytes()).isBetween(most / 2, most);
      return;
    }
    assertThat(ExecutionTest.events(predicted)).isEqualTo(ExecutionTest.events(measured));
    assertThat(new Timeline(predicted).bytes(Category.ACTIVATION))
        .isEqualTo(new Timeline(measured).bytes(Category.ACTIVATION));
  }

  /**
   * Two recordings at small batches, extended, against a real run with a larger batch and a partial
   * one, what convolutions of oneDNN take for themselves included.
   */
  @ParameterizedTest
  @MethodSource("graphs")
  void recordedAtSmallBatchesIsTheRealRunAtALargerOne(Path file) throws Exception {
    Graph graph = NetworkFiles.read(file, null).graph();
    assumeThat(ValueDependence.of(graph)).as("skipped: values say how much").isEmpty();
    Recipe recipe = Recipe.of(Optimizer.SGD).with(Loss.MSE);
    List<Long> batches = List.of(24L, 24L, 13L);
    RecordedTraining recorded = new RecordedTraining(graph, recipe, Backend.cpu());
    if (file.getFileName().toString().startsWith("clip")) {
      // Each image is compared with each text: bytes grow with the square of the batch.
      assertThatThrownBy(() -> recorded.ledger(batches, 24)).hasMessageContaining("evenly");
      return;
    }
    Ledger real = RecordedTraining.ledger(graph, recipe, batches, 24, Backend.cpu());
    assertThat(ExecutionTest.events(recorded.ledger(batches, 24)))
        .isEqualTo(ExecutionTest.events(real));
  }

  /**
   * Autocast that forward switches off for a while, without gradients, in a training under it. The
   * casts that die with autocast die in the order of a hash table.
   */
  @Test
  void modesWithinForward() throws Exception {
    Graph graph = NetworkFiles.read(FOLDER.resolve("rotary.model.json.gz"), null).graph();
    Recipe recipe = Recipe.of(Optimizer.ADAM).with(Precision.BF16);
    Backend backend = Backend.cpu().withOnednn(false);
    List<Long> batches = List.of(3L, 3L);
    Ledger measured = RecordedTraining.ledger(graph, recipe, batches, 2, backend);
    Ledger predicted = PaperTraining.ledger(graph, recipe, backend, batches, 2);
    assertThat(ExecutionTest.events(predicted))
        .containsExactlyInAnyOrderElementsOf(ExecutionTest.events(measured));
    assertThat(new Timeline(predicted).peak().liveBytes())
        .isEqualTo(new Timeline(measured).peak().liveBytes());
  }
}
