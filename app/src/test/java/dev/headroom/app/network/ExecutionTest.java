package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.headroom.app.train.FirstValues;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.importers.ImportedModel;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.RecordedTraining;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exported graphs, executed: the right values, and the allocations that were predicted. */
class ExecutionTest {
  @Test
  void theOutputsOfTheWeightsInTheFile() throws Exception {
    ImportedModel model =
        NetworkFiles.read(ModelText.EXPORT.resolve("mlp_784_128_10.stored.pt2"), null);
    float[][] weights = new float[4][];
    float[] x = new float[784];
    float[] out = new float[10];
    try (TorchEngine engine = new TorchEngine(1, 0);
        TrainingLoop<Tensor> loop =
            new TrainingLoop<>(
                engine,
                model.graph(),
                Recipe.of(Optimizer.SGD),
                (input, tensor) -> {
                  FirstValues.of(model.weights(), 0).initialize(input, tensor);
                  weights[index(model.graph(), input)] = Values.floats(tensor);
                })) {
      loop.validate(
          1,
          (sample, y) -> {
            for (int i = 0; i < x.length; i++) {
              x[i] = (float) Math.sin(i);
              Values.memory(sample.getFirst()).setAtIndex(ValueLayout.JAVA_FLOAT, i, x[i]);
            }
            Values.memory(y).fill((byte) 0);
          },
          (result, labels) -> System.arraycopy(Values.floats(result), 0, out, 0, 10));
      assertThat(engine.liveHandles()).isPositive();
    }
    for (int k = 0; k < 10; k++) {
      double sum = weights[3][k];
      for (int h = 0; h < 128; h++) {
        double hidden = weights[1][h];
        for (int i = 0; i < 784; i++) {
          hidden += (double) weights[0][h * 784 + i] * x[i];
        }
        sum += weights[2][k * 128 + h] * Math.max(0, hidden);
      }
      assertThat((double) out[k]).isCloseTo(sum, within(1e-5));
    }
  }

  private static int index(Graph graph, Input input) {
    return graph.inputs().indexOf(input);
  }

  /** Everything behind set-up: iteration, phase, bytes. */
  static List<String> events(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP) {
        out.add(span.iteration() + " " + span.phase() + " " + ledger.delta(i));
      }
    }
    return out;
  }

  private static void compare(String model, long batch, Optimizer optimizer) throws Exception {
    Path file = Path.of("../../shared/oracle/export/" + model + ".pt2");
    assumeThat(Files.exists(file)).as("skipped: no " + file.toAbsolutePath()).isTrue();
    Graph graph = NetworkFiles.read(file, null).graph();
    Backend backend = Backend.cpu().withOnednn(false);
    Recipe recipe = Recipe.of(optimizer);
    List<Long> batches = List.of(batch, batch);
    Ledger measured = RecordedTraining.ledger(graph, recipe, batches, 0, backend);
    Ledger predicted = PaperTraining.ledger(graph, recipe, backend, batches, 0);
    assertThat(events(measured)).isEqualTo(events(predicted));
  }

  @ParameterizedTest
  @CsvSource({
    "mlp_784_128_10, 64, ADAM",
    "lenet5, 16, ADAM",
    "smallcnn, 8, SGD",
    "lstm_classifier, 4, SGD",
    "gpt_tied, 2, ADAM",
    "gpt_untied, 2, SGD"
  })
  void measuredIsPredictedWithoutOnednn(String model, long batch, Optimizer optimizer)
      throws Exception {
    compare(model, batch, optimizer);
  }

  @ParameterizedTest
  @Tag("soak")
  @CsvSource({
    "resnet18_32, 4, ADAM",
    "resnet18_224, 2, SGD",
    "resnet50_224, 2, SGD",
    "mobilenet_v2_224, 2, SGD",
    "vit_b_16_224, 2, SGD"
  })
  void largeOnesToo(String model, long batch, Optimizer optimizer) throws Exception {
    compare(model, batch, optimizer);
  }
}
