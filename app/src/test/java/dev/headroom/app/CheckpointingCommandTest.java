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

  /** Each of the equal blocks costs the same; what is kept lies between none and all. */
  @Test
  void someBlocksAlone() {
    JsonNode all = Run.line("plan " + GPT + " --checkpoint blocks --json").json();
    JsonNode some = Run.line("plan " + GPT + " --checkpoint blocks.0,blocks.2 --json").json();
    assertThat(some.at("/recipe/checkpoint").asText()).isEqualTo("blocks.0,blocks.2");
    assertThat(some.at("/withoutCheckpoint/blocks").asInt()).isEqualTo(2);
    assertThat(some.at("/bytes/SAVED_FOR_BACKWARD").asLong())
        .isBetween(
            all.at("/bytes/SAVED_FOR_BACKWARD").asLong() + 1,
            all.at("/withoutCheckpoint/SAVED_FOR_BACKWARD").asLong() - 1);
    double share = all.at("/withoutCheckpoint/recomputeFlops").asDouble() / 3;
    assertThat(some.at("/withoutCheckpoint/recomputeFlops").asDouble()).isEqualTo(2 * share);
    JsonNode gpu =
        Run.line("plan " + GPT + " --checkpoint blocks.1 --device rtx3090 --json").json();
    assertThat(gpu.at("/checkpointing/blocks").asInt()).isEqualTo(1);
    assertThat(gpu.at("/checkpointing/recomputeFlops").asDouble()).isEqualTo(share);
  }

  @Test
  void namesThatAreNoBlocksAreRefused() {
    Run none = Run.line("plan " + GPT + " --checkpoint blocks.7");
    assertThat(none.exit()).isEqualTo(Exit.USAGE);
    assertThat(none.err())
        .contains("gpt has no block in 'blocks.7'; its blocks are blocks.0, blocks.1, blocks.2");
    assertThat(Run.line("plan " + GPT + " --checkpoint blocks.,x").err())
        .contains("'blocks.,x' is none of none, blocks, or names of modules");
    assertThat(Run.line("plan mlp --checkpoint fc1").err()).contains("no blocks to checkpoint");
  }

  @ParameterizedTest
  @ValueSource(strings = {"blocks.1", "blocks.0,blocks.2"})
  void someBlocksRunAsPlanned(String blocks) {
    Run run = Run.line("train " + GPT + " --checkpoint " + blocks);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("· checkpoint " + blocks, "Predicted = measured, to the byte.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void tokensRunAsPlanned(String precision) {
    Run run = Run.line("train " + GPT + " --checkpoint blocks --precision " + precision);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("gpt on random samples", "Predicted = measured, to the byte.");
  }
}
