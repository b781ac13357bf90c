package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --checkpoint blocks}: planned, run, and measured. */
class CheckpointingCommandTest {
  private static final String GPT = "gpt --layers 3 --width 64 --heads 4 --sequence 32 --batch 8";

  @Test
  void planSaysWhatItSaves() {
    JsonNode with = Run.line("plan " + GPT + " --checkpoint blocks --json").json();
    JsonNode without = Run.line("plan " + GPT + " --json").json();
    assertThat(with.at("/recipe/checkpoint").asText()).isEqualTo("blocks");
    assertThat(with.at("/withoutCheckpoint/blocks").asInt()).isEqualTo(3);
    assertThat(with.at("/withoutCheckpoint/peakLiveBytes"))
        .isEqualTo(without.at("/peak/liveBytes"));
    assertThat(with.at("/withoutCheckpoint/SAVED_FOR_BACKWARD"))
        .isEqualTo(without.at("/bytes/SAVED_FOR_BACKWARD"));
    assertThat(without.has("withoutCheckpoint")).isFalse();
    assertThat(with.at("/peak/liveBytes").asLong())
        .isLessThan(without.at("/peak/liveBytes").asLong());
    assertThat(Run.line("plan " + GPT + " --checkpoint blocks").out())
        .contains("· checkpoint blocks ·", "Checkpointing 3 blocks: kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void tokensRunAsPlanned(String precision) {
    Run run = Run.line("train " + GPT + " --checkpoint blocks --precision " + precision);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("gpt on random samples", "Predicted = measured, to the byte.");
  }
}
