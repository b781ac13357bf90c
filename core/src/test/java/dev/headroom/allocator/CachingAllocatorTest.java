package dev.headroom.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of c10/cuda/CUDACachingAllocator.cpp, one at a time. */
class CachingAllocatorTest {
  private static final long MIB = 1L << 20;

  private static CachingAllocator allocator(String conf, long mib) {
    return new CachingAllocator(
        AllocatorSettings.parse(conf), SegmentSource.descending(), mib * MIB, mib * MIB);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 512, 2",
    "512, 512, 2",
    "513, 1024, 2",
    "1048576, 1048576, 2",
    "1048577, 1049088, 20",
    "10485248, 10485248, 20",
    "10485760, 10485760, 10",
    "10485761, 10486272, 12"
  })
  void sizesAreRoundedAndSegmentsChosenByThem(long asked, long block, long segmentMib) {
    CachingAllocator a = CachingAllocator.unlimited();
    int b = a.allocate(asked, 0);
    // A rest of up to 1 MiB stays with a block of the large pool.
    assertThat(a.blockBytes(b)).isIn(block, a.reservedBytes());
    assertThat(a.reservedBytes()).isEqualTo(segmentMib * MIB);
    assertThat(a.liveBytes()).isEqualTo(asked);
  }

  @Test
  void theSmallestBlockThatFitsIsTakenAndOfEqualOnesTheLowest() {
    CachingAllocator a = CachingAllocator.unlimited();
    int big = a.allocate(40 * MIB, 0);
    int first = a.allocate(30 * MIB, 0);
    int second = a.allocate(30 * MIB, 0);
    assertThat(a.address(second)).isLessThan(a.address(first));
    long lower = a.address(second);
    a.free(big);
    a.free(first);
    a.free(second);
    assertThat(a.address(a.allocate(29 * MIB + 1, 0))).isEqualTo(lower);
    assertThat(a.reservedBytes()).isEqualTo(100 * MIB);
  }

  @Test
  void theRestIsSplitOffAndMergedAgain() {
    CachingAllocator a = CachingAllocator.unlimited();
    int one = a.allocate(4 * MIB, 0);
    int two = a.allocate(4 * MIB, 0);
    assertThat(a.address(two)).isEqualTo(a.address(one) + 4 * MIB);
    a.free(one);
    assertThat(a.snapshot().fragmentedBytes()).isEqualTo(16 * MIB);
    a.free(two);
    assertThat(a.snapshot().largestFreeBytes()).isEqualTo(20 * MIB);
    assertThat(a.snapshot().fragmentedBytes()).isZero();
  }

  @Test
  void streamsDoNotShareBlocks() {
    CachingAllocator a = CachingAllocator.unlimited();
    a.free(a.allocate(MIB, 0));
    a.allocate(MIB, 1);
    assertThat(a.reservedBytes()).isEqualTo(4 * MIB);
    a.allocate(MIB, 0);
    assertThat(a.reservedBytes()).isEqualTo(4 * MIB);
  }

  @Test
  void aFullDeviceGetsItsCacheBackBeforeARequestFails() {
    CachingAllocator a = allocator("", 100);
    int held = a.allocate(30 * MIB, 0);
    a.free(a.allocate(60 * MIB, 0));
    int next = a.allocate(70 * MIB, 0);
    assertThat(next).isNotEqualTo(Allocator.NONE);
    assertThat(a.retries()).isEqualTo(1);
    assertThat(a.reservedBytes()).isEqualTo(100 * MIB);
    assertThat(a.allocate(1, 0)).isEqualTo(Allocator.NONE);
    a.free(held);
    assertThat(a.allocate(1, 0)).isNotEqualTo(Allocator.NONE);
  }

  @Test
  void oversizeBlocksAreNeitherSplitNorLentToSmallRequests() {
    CachingAllocator a = allocator("max_split_size_mb:50", 1000);
    a.free(a.allocate(100 * MIB, 0));
    int small = a.allocate(20 * MIB, 0);
    assertThat(a.reservedBytes()).as("a new segment").isEqualTo(120 * MIB);
    int close = a.allocate(81 * MIB, 0);
    assertThat(a.blockBytes(close)).as("less than 20 MiB too large").isEqualTo(100 * MIB);
    a.free(close);
    a.allocate(80 * MIB, 0);
    assertThat(a.reservedBytes()).as("20 MiB too large is too much").isEqualTo(200 * MIB);
    a.free(small);
  }

  @Test
  void oversizeBlocksAreGivenBackFirst() {
    CachingAllocator a = allocator("max_split_size_mb:50", 300);
    int keep = a.allocate(40 * MIB, 0);
    a.free(a.allocate(60 * MIB, 0));
    a.free(a.allocate(150 * MIB, 0));
    a.free(keep);
    int b = a.allocate(110 * MIB, 0);
    assertThat(a.blockBytes(b)).isEqualTo(110 * MIB);
    assertThat(a.retries()).as("the rest of the cache stays").isZero();
    assertThat(a.reservedBytes()).isEqualTo(210 * MIB);
  }

  @Test
  void expandableSegmentsGrowInsteadOfBeingAdded() {
    CachingAllocator a = allocator("expandable_segments:True", 1000);
    int one = a.allocate(30 * MIB, 0);
    int two = a.allocate(30 * MIB, 0);
    assertThat(a.address(two)).isEqualTo(a.address(one) + 30 * MIB);
    assertThat(a.reservedBytes()).as("pages of 20 MiB").isEqualTo(60 * MIB);
    a.free(two);
    int three = a.allocate(90 * MIB, 0);
    assertThat(a.address(three))
        .as("the free end is extended")
        .isEqualTo(a.address(one) + 30 * MIB);
    assertThat(a.reservedBytes()).isEqualTo(120 * MIB);
    a.free(one);
    a.emptyCache();
    assertThat(a.reservedBytes()).as("one whole page lies in the first block").isEqualTo(100 * MIB);
    a.free(three);
    a.emptyCache();
    assertThat(a.reservedBytes()).isZero();
  }

  @Test
  void garbageIsCollectedOnlyWithAMemoryFraction() {
    CachingAllocator without = allocator("garbage_collection_threshold:0.5", 200);
    without.free(without.allocate(60 * MIB, 0));
    without.free(without.allocate(80 * MIB, 0));
    without.allocate(100 * MIB, 1);
    assertThat(without.retries()).isEqualTo(1);

    CachingAllocator with =
        allocator("garbage_collection_threshold:0.5,per_process_memory_fraction:0.9", 200);
    with.free(with.allocate(60 * MIB, 0));
    with.free(with.allocate(80 * MIB, 0));
    with.allocate(30 * MIB, 1);
    assertThat(with.retries()).isZero();
    assertThat(with.segmentsReturned()).isPositive();
    assertThat(with.allocate(180 * MIB, 2)).as("above the fraction").isEqualTo(Allocator.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "4, 1200, 1536", "4, 2048, 2048", "4, 2100, 2560", "4, 1258291, 1310720",
    "8, 3000, 3072", "8, 9000, 9216", "1, 1200, 1536", "0, 1200, 1536"
  })
  void roundupDividesThePowersOfTwo(int divisions, long asked, long rounded) {
    String conf = "roundup_power2_divisions:" + (divisions == 0 ? "[256:0]" : "" + divisions);
    assertThat(AllocatorSettings.parse(conf).round(asked)).isEqualTo(rounded);
  }

  @Test
  void roundupListsNameIntervalsInMebibytes() {
    AllocatorSettings s =
        AllocatorSettings.parse("roundup_power2_divisions:[256:1,512:2,1024:4,>:8]");
    assertThat(s.roundupDivisions())
        .containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 8, 8, 8, 8, 8, 8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_split_size_mb:19",
        "max_split_size_mb",
        "max_split_size_mb:x",
        "expandable_segments:true",
        "garbage_collection_threshold:1.0",
        "garbage_collection_threshold:nan",
        "roundup_power2_divisions:3",
        "roundup_power2_divisions:[256:1",
        "roundup_power2_divisions:[256]",
        "backend:cudaMallocAsync",
        "no_such_setting:1"
      })
  void wrongSettingsAreRefused(String conf) {
    assertThatThrownBy(() -> AllocatorSettings.parse(conf))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(conf.substring(0, conf.indexOf(':') < 0 ? 5 : conf.indexOf(':')));
  }

  @Test
  void whatIsNotAllocatedCannotBeFreed() {
    CachingAllocator a = CachingAllocator.unlimited();
    int b = a.allocate(1, 0);
    a.free(b);
    assertThatThrownBy(() -> a.free(b)).hasMessageContaining("not allocated");
    assertThatThrownBy(() -> a.allocate(0, 0)).hasMessageContaining("no request");
    RawAllocator raw = new RawAllocator(100);
    int r = raw.allocate(60, 0);
    assertThat(raw.allocate(41, 0)).isEqualTo(Allocator.NONE);
    assertThat(raw.reservedBytes()).isEqualTo(60);
    raw.free(r);
    assertThatThrownBy(() -> raw.free(r)).hasMessageContaining("not allocated");
  }
}
