package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Archives with what the shared ones do not have, as PyTorch wrote them. */
class MadeArchivesTest {
  private static JsonNode plan(String file, String options) {
    Run run = Run.line("plan " + ModelText.EXPORT.resolve("made/" + file) + " --json " + options);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    return run.json();
  }

  @ParameterizedTest
  @CsvSource({"view.pt2", "multi.pt2", "fixed.pt2", "dynseq.pt2", "aux.pt2"})
  void writtenAndRecordedAgree(String file) {
    JsonNode written = plan(file, "--batch 16 --ledger written");
    JsonNode recorded = plan(file, "--batch 16 --ledger recorded");
    assertThat(recorded.get("iterations")).isEqualTo(written.get("iterations"));
    for (String category : new String[] {"PARAMETER", "BUFFER", "GRADIENT", "OPTIMIZER_STATE"}) {
      assertThat(recorded.at("/bytes/" + category)).isEqualTo(written.at("/bytes/" + category));
    }
  }

  @Test
  void aViewIsNoStorageOfItsOwn() {
    JsonNode json = plan("view.pt2", "--batch 3");
    assertThat(json.at("/bytes/PARAMETER").asLong()).isEqualTo(4 * (4 * 8 + 2 * 4 + 2));
    assertThat(json.at("/bytes/BUFFER").asLong()).isZero();
  }

  @Test
  void constantsOfTheCodeAreNoStorageAttributesAre() {
    JsonNode json = plan("consts.pt2", "--batch 16 --ledger recorded");
    assertThat(json.at("/bytes/BUFFER").asLong()).isEqualTo(2 * 8 * 4);
  }

  @Test
  void whatWasAssumedIsSaid() {
    assertThat(plan("multi.pt2", "--batch 2").get("assumptions").toString())
        .contains("2 models (big, small)");
    assertThat(plan("multi.pt2", "--batch 2 --model small").get("parameters").asLong())
        .isEqualTo(15);
    assertThat(plan("dynseq.pt2", "--batch 2").get("assumptions").toString())
        .contains("is taken as 6")
        .contains("int64[B, 6]");
    assertThat(plan("fixed.pt2", "--batch 2").get("batch").asLong()).isEqualTo(5);
  }

  @Test
  void aParameterThatTheLossDoesNotReachHasNoGradient() {
    JsonNode json = plan("aux.pt2", "--batch 2");
    long parameters = json.at("/bytes/PARAMETER").asLong();
    assertThat(json.at("/bytes/GRADIENT").asLong()).isEqualTo(parameters - 4 * (8 * 2 + 2));
  }
}
