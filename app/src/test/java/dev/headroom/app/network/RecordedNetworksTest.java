package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.RecordedTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Exported networks, recorded in two tiny steps and extended, against a real run at a larger batch:
 * event for event, scratch of oneDNN included.
 */
class RecordedNetworksTest {
  static Graph read(String model) throws Exception {
    Path file = Path.of("../../shared/oracle/export/" + model + ".pt2");
    assumeThat(Files.exists(file)).as("skipped: no " + file.toAbsolutePath()).isTrue();
    return NetworkFiles.read(file, null).graph();
  }

  static List<String> events(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP) {
        out.add(
            span.iteration()
                + " "
                + span.phase()
                + " "
                + ledger.delta(i)
                + " "
                + ledger.category(ledger.block(i))
                + " "
                + span.work()
                + (span.node() == null ? "" : " " + span.node()));
      }
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "mlp_784_128_10, 64",
    "lenet5, 64",
    "smallcnn, 32",
    "resnet18_32, 32",
    "lstm_classifier, 150",
    "gpt_untied, 4",
    "lstm_classifier, 16"
  })
  void everyEventOfALargerRun(String model, long batch) throws Exception {
    Graph graph = read(model);
    Recipe recipe = Recipe.of(Optimizer.ADAM);
    RecordedTraining recorded = new RecordedTraining(graph, recipe, Backend.cpu());
    List<Long> batches = List.of(batch, batch, batch / 2);
    Ledger real = RecordedTraining.ledger(graph, recipe, batches, batch / 2, Backend.cpu());
    assertThat(events(recorded.ledger(batches, batch / 2))).isEqualTo(events(real));
    assertThat(recorded.notes()).isEmpty();
  }
}
