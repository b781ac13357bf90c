package dev.headroom.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.tensor.SizeOverflowException;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class LargestBatchTest {
  @Test
  void onAThousandRandomPeaksItIsTheLargest() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 1000; i++) {
      long[] fixed = random.longs(4, 0, 1L << 34).toArray();
      long[] slope = random.longs(4, 0, 1L << 24).toArray();
      slope[0]++;
      LongUnaryOperator peak =
          b -> {
            long most = 0;
            for (int line = 0; line < fixed.length; line++) {
              most = Math.max(most, fixed[line] + slope[line] * b);
            }
            return most;
          };
      long budget = random.nextLong(1, 1L << 36);
      LargestBatch largest = LargestBatch.solve(peak, budget, 0);
      if (peak.applyAsLong(1) > budget) {
        assertThat(largest).isNull();
      } else {
        assertThat(largest).isNotNull();
        assertThat(peak.applyAsLong(largest.fits())).isLessThanOrEqualTo(budget);
        assertThat(peak.applyAsLong(largest.failsAt())).isGreaterThan(budget);
        assertThat(largest.failsAt()).isEqualTo(largest.fits() + 1);
        assertThat(largest.recommended()).isBetween(1L, Math.max(1, largest.fits() * 4 / 5));
      }
    }
  }

  @Test
  void stepsAndBendsCostFewEvaluations() {
    long[] evaluations = new long[1];
    LongUnaryOperator peak =
        b -> {
          evaluations[0]++;
          return (1L << 30) + b * 1000 + b / 100 * 512;
        };
    LargestBatch largest = LargestBatch.solve(peak, 24L << 30, 0);
    assertThat(largest).isNotNull();
    assertThat(evaluations[0]).isLessThan(20);
    assertThat(peak.applyAsLong(largest.fits())).isLessThanOrEqualTo(24L << 30);
    assertThat(peak.applyAsLong(largest.failsAt())).isGreaterThan(24L << 30);
  }

  @Test
  void whatNoMachineHasDoesNotFit() {
    LongUnaryOperator peak =
        b -> {
          if (b > 1000) {
            throw new SizeOverflowException("a tensor");
          }
          return b;
        };
    LargestBatch largest = LargestBatch.solve(peak, Long.MAX_VALUE - 1, 0);
    assertThat(largest).isNotNull();
    assertThat(largest.fits()).isEqualTo(1000);
  }

  @Test
  void theDataSetCapsTheRecommendationAlone() {
    LargestBatch largest = LargestBatch.solve(b -> b, 1_000_000, 60_000);
    assertThat(largest).isEqualTo(new LargestBatch(1_000_000, 1_000_001, 60_000));
  }
}
