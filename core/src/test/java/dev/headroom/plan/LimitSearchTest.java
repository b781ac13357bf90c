package dev.headroom.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LimitSearchTest {
  private static int probes(LimitSearch search, long limit) {
    Set<Long> tried = new HashSet<>();
    for (long batch = search.next(); batch > 0; batch = search.next()) {
      assertThat(tried.add(batch)).as("batch %d is tried once", batch).isTrue();
      search.report(batch, batch <= limit);
    }
    return tried.size();
  }

  @Test
  void itFindsTheLimitFromAnyGuess() {
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      long limit = 1 + random.nextLong(1L << (1 + random.nextInt(40)));
      long guess = 1 + random.nextLong(1L << (1 + random.nextInt(40)));
      LimitSearch exact =
          i % 2 == 0 ? LimitSearch.around(guess, 0) : LimitSearch.doubling(guess, 0);
      assertThat(probes(exact, limit)).isLessThan(130);
      assertThat(exact.fits()).isEqualTo(limit);
      assertThat(exact.failsAt()).isEqualTo(limit + 1);
    }
  }

  @Test
  void aToleranceSavesProbes() {
    LimitSearch search = LimitSearch.around(56_612, 0.005);
    assertThat(probes(search, 56_500)).isEqualTo(2);
    assertThat(search.fits()).isBetween(56_217L, 56_500L);
    assertThat(search.failsAt()).isEqualTo(56_612);
    assertThat(probes(LimitSearch.around(56_612, 0.005), 56_700)).isEqualTo(2);
    assertThat(probes(LimitSearch.doubling(16, 0.005), 56_500)).isBetween(15, 25);
  }

  @Test
  void aPlansIntervalIsProvedByTwoProbes() {
    LimitSearch search = LimitSearch.between(1793, 1794, 0);
    assertThat(probes(search, 1793)).isEqualTo(2);
    assertThat(search.failsAt()).isEqualTo(1794);
  }

  @Test
  void aPlansIntervalMayBeWrong() {
    for (long limit : new long[] {3, 700, 1795, 9000}) {
      LimitSearch search = LimitSearch.between(1793, 1794, 0);
      assertThat(probes(search, limit)).isLessThan(40);
      assertThat(search.fits()).isEqualTo(limit);
    }
  }

  @Test
  void nothingMayFit() {
    LimitSearch search = LimitSearch.around(100, 0.005);
    assertThat(probes(search, 0)).isLessThan(10);
    assertThat(search.fits()).isZero();
    assertThat(search.failsAt()).isEqualTo(1);
  }
}
