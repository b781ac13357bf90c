package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** A real trial on the generated digits. */
class AdviseCommandTest {
  @Test
  void namesABatchWithinItsOwnInterval() {
    Run run = Run.line("advise mlp --data digits --target 0.9 --json --quiet");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode worth = run.json().get("worthUsing");
    assertThat(worth.get("batch").asLong())
        .isBetween(worth.get("low").asLong(), worth.get("high").asLong());
    assertThat(run.json().get("noiseScale")).isNotEmpty();
  }

  @Test
  void aTargetThatIsNoFractionIsWrongUsage() {
    Run run = Run.line("advise mlp --data digits --target 97");
    assertThat(run.exit()).isEqualTo(Exit.USAGE);
    assertThat(run.err()).contains("--target");
  }
}
