package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.ledger.Ledger;
import dev.headroom.plan.IndexBounds;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.RecordedTraining;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks of several inputs, as a user meets them; PyTorch's bytes are held elsewhere. */
class SeveralInputsTest {
  private static Path file(String name) {
    return Path.of("../importers/src/test/resources/unseen", name + ".model.json.gz");
  }

  @ParameterizedTest
  @CsvSource({
    "maskedcnn, cross_entropy",
    "bert3, cross_entropy",
    "twoimages, mse",
    "translate, cross_entropy",
    "caption, cross_entropy",
    "diffusion, mse",
    "wide_deep, bce_with_logits",
    "seqfirst, mse"
  })
  void trainingMeasuresWhatWasPredicted(String name, String loss) {
    Run run = Run.line("train " + file(name) + " --batch 6 --onednn off --json --loss " + loss);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.at("/measured/iterations")).isEqualTo(json.get("iterations"));
    assertThat(json.at("/measured/byCategory/SAVED_FOR_BACKWARD"))
        .isEqualTo(json.at("/bytes/SAVED_FOR_BACKWARD"));
    assertThat(Double.isFinite(json.get("trainLoss").asDouble())).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"bert3", "translate", "caption"})
  void twoSmallRunsGiveEveryEventOfALargeOne(String name) throws Exception {
    Graph graph = NetworkFiles.read(file(name), null).graph();
    Recipe recipe = Recipe.of(Optimizer.ADAM);
    List<Long> batches = List.of(12L, 12L, 5L);
    RecordedTraining recorded = new RecordedTraining(graph, recipe, Backend.cpu());
    Ledger real = RecordedTraining.ledger(graph, recipe, batches, 12, Backend.cpu());
    assertThat(RecordedNetworksTest.events(recorded.ledger(batches, 12)))
        .isEqualTo(RecordedNetworksTest.events(real));
  }

  @Test
  void everyInputGrowsWithTheBatch() {
    Run run = Run.line("plan " + file("translate") + " --batch 10 --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    // Source and target tokens, which of the source are padding, and the classes.
    assertThat(run.json().at("/bytes/INPUT").asLong()).isEqualTo(10 * (8 * 9 + 8 * 7 + 9 + 8 * 7));
    assertThat(run.json().get("assumptions").toString())
        .contains("3 tensors: src int64[B, 9], tgt int64[B, 7], src_padding bool[B, 9]")
        .contains("target int64[B, 7], both viewed as rows");
    Run second = Run.line("plan " + file("seqfirst") + " --batch 10 --loss mse --json");
    assertThat(second.json().at("/bytes/INPUT").asLong()).isEqualTo(10 * 4 * 8 * (10 + 5 + 5));
    assertThat(second.json().get("assumptions").toString()).contains("the batch is dimension 1");
  }

  @Test
  void whatAMaskChoosesIsPlannedAsAllOfIt() {
    Run run = Run.line("plan " + file("packed") + " --batch 4 --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().get("ledger").asText()).isEqualTo("written");
    assertThat(run.json().get("assumptions").toString())
        .contains("aten.index.Tensor is taken to choose all that its mask has: an upper bound");
    Run recorded = Run.line("plan " + file("packed") + " --batch 4 --ledger recorded --json");
    assertThat(recorded.json().get("assumptions").toString()).contains("as much as values say");
    assertThat(recorded.json().at("/peak/liveBytes").asLong())
        .isLessThanOrEqualTo(run.json().at("/peak/liveBytes").asLong());
  }

  @Test
  void onAGpuToo() {
    Run run = Run.line("plan " + file("bert3") + " --batch 16 --device rtx3090 --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/bytes/INPUT").asLong()).isEqualTo(16 * (3 * 8 * 12 + 8));
  }

  @Test
  void picturesAloneAreNotEnough() {
    Run run = Run.line("train " + file("bert3") + " --data digits");
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err())
        .contains("takes B x 12 of int64 and B x 12 of int64 and B x 12 of int64")
        .contains("random samples");
  }

  @Test
  void whatPicksRowsIsFound() throws Exception {
    assertThat(IndexBounds.of(NetworkFiles.read(file("bert3"), null).graph()))
        .isEqualTo(Map.of("input_ids", 100L, "token_type_ids", 2L));
    assertThat(IndexBounds.of(NetworkFiles.read(file("wide_deep"), null).graph()))
        .isEqualTo(Map.of("user", 20L, "items", 30L));
    assertThat(IndexBounds.of(NetworkFiles.read(file("diffusion"), null).graph())).isEmpty();
  }
}
