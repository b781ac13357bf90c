package dev.headroom.app.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Rates as torch.optim.lr_scheduler gives them, computed with PyTorch 2.10. */
class ScheduleTest {
  @Test
  void cosine() {
    // CosineAnnealingLR(T_max=10), base 0.1, rates of steps 1, 4, 6, 10.
    Schedule schedule = new Schedule(Schedule.Shape.COSINE, 0.1, 0, 10);
    assertThat(schedule.at(1)).isEqualTo(0.1);
    assertThat(schedule.at(4)).isCloseTo(0.07938926261462366, within(1e-15));
    assertThat(schedule.at(6)).isCloseTo(0.05, within(1e-15));
    assertThat(schedule.at(10)).isCloseTo(0.0024471741852423235, within(1e-15));
  }

  @Test
  void linearWithWarmUp() {
    Schedule schedule = new Schedule(Schedule.Shape.LINEAR, 1, 4, 12);
    assertThat(schedule.at(1)).isEqualTo(0.25);
    assertThat(schedule.at(4)).isEqualTo(1);
    assertThat(schedule.at(5)).isEqualTo(1);
    assertThat(schedule.at(9)).isEqualTo(0.5);
    assertThat(schedule.at(12)).isEqualTo(0.125);
  }

  @Test
  void stepsAndConstant() {
    Schedule steps = new Schedule(Schedule.Shape.STEP, 1, 0, 8);
    assertThat(steps.at(4)).isEqualTo(1);
    assertThat(steps.at(5)).isEqualTo(0.1);
    assertThat(steps.at(7)).isEqualTo(0.01);
    assertThat(new Schedule(Schedule.Shape.CONSTANT, 0.3, 0, 8).at(8)).isEqualTo(0.3);
  }
}
