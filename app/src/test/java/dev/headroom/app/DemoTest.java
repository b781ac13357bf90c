package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The whole story, from an image to predicted = measured. */
class DemoTest {
  @Test
  void everyStepIsThereAndFitsTheScreen() {
    Run run = Run.line("demo --quiet");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out())
        .contains(
            "$ headroom data digits --index 7",
            "101,770 parameters",
            "Largest batch that fits in 64.00 MiB",
            "Predicted = measured, to the byte.",
            "394,634",
            "The lesson's round numbers");
    assertThat(run.out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(80));
  }

  @Test
  void theSameAsJson() {
    Run run = Run.line("demo --json --quiet");
    assertThat(run.json().get("steps")).hasSize(6);
    assertThat(run.json().at("/steps/3/result/measured/byCategory/PARAMETER").asLong())
        .isEqualTo(407_080);
  }
}
