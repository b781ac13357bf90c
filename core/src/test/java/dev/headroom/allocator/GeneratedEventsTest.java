package dev.headroom.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A million generated requests and frees, the same in every run: what must always hold. */
class GeneratedEventsTest {
  /** With PyTorch's defaults; other settings get a tenth each. */
  private static final int EVENTS = 1_000_000;

  static Stream<String> settings() {
    return Stream.of(
        "",
        "expandable_segments:True",
        "max_split_size_mb:64",
        "roundup_power2_divisions:[1:4,64:8,>:2]",
        "garbage_collection_threshold:0.6,per_process_memory_fraction:0.5");
  }

  @ParameterizedTest
  @MethodSource("settings")
  void blocksNeverOverlapAndEverythingMergesAtTheEnd(String conf) {
    int events = conf.isEmpty() ? EVENTS : EVENTS / 10;
    SplittableRandom random = new SplittableRandom(7);
    long total = 10L << 30;
    CachingAllocator allocator =
        new CachingAllocator(
            AllocatorSettings.parse(conf), SegmentSource.descending(), total, total);
    TreeMap<Long, Long> taken = new TreeMap<>();
    int[] held = new int[1800];
    long[] bytes = new long[1800];
    int count = 0;
    long live = 0;
    int failures = 0;
    for (int event = 0; event < events; event++) {
      boolean alloc = count == 0 || (count < held.length && random.nextInt(100) < 52);
      if (alloc) {
        long want = size(random);
        int block = allocator.allocate(want, random.nextInt(3));
        if (block == Allocator.NONE) {
          failures++;
          continue;
        }
        long address = allocator.address(block);
        long end = address + allocator.blockBytes(block);
        if (address % AllocatorSettings.MIN_BLOCK != 0 || end - address < want) {
          throw new AssertionError("event " + event + ": the block is no place for " + want);
        }
        var before = taken.floorEntry(end - 1);
        if (before != null && before.getValue() > address) {
          throw new AssertionError("event " + event + ": two blocks overlap");
        }
        taken.put(address, end);
        held[count] = block;
        bytes[count++] = want;
        live += want;
      } else {
        int which = random.nextInt(count);
        taken.remove(allocator.address(held[which]));
        allocator.free(held[which]);
        live -= bytes[which];
        held[which] = held[--count];
        bytes[which] = bytes[count];
      }
      if (event % 25_000 == 24_999) {
        allocator.emptyCache();
      }
      if (allocator.liveBytes() != live
          || live > allocator.allocatedBytes()
          || allocator.allocatedBytes() > allocator.reservedBytes()
          || allocator.reservedBytes() > total) {
        throw new AssertionError("event " + event + ": live, allocated, reserved do not order");
      }
      if (event % 50_000 == 0) {
        check(allocator);
      }
    }
    assertThat(failures).as("the device was full now and then").isPositive();
    check(allocator);
    for (int i = 0; i < count; i++) {
      allocator.free(held[i]);
    }
    assertThat(allocator.liveBytes()).isZero();
    assertThat(allocator.allocatedBytes()).isZero();
    Snapshot end = allocator.snapshot();
    assertThat(end.segments()).isNotEmpty().allMatch(s -> s.blocks().size() == 1);
    allocator.emptyCache();
    assertThat(allocator.reservedBytes()).isZero();
    assertThat(allocator.snapshot().segments()).isEmpty();
  }

  private static void check(CachingAllocator allocator) {
    Snapshot snapshot = allocator.snapshot();
    assertThat(snapshot.reservedBytes()).isEqualTo(allocator.reservedBytes());
    assertThat(snapshot.allocatedBytes()).isEqualTo(allocator.allocatedBytes());
    assertThat(snapshot.liveBytes()).isEqualTo(allocator.liveBytes());
    for (Snapshot.Segment segment : snapshot.segments()) {
      List<Snapshot.Block> blocks = segment.blocks();
      for (int i = 1; i < blocks.size(); i++) {
        if (!blocks.get(i).allocated() && !blocks.get(i - 1).allocated()) {
          throw new AssertionError("two free neighbours were not merged");
        }
      }
    }
  }

  /** Mostly small, some of every size up to 128 MiB. */
  private static long size(SplittableRandom random) {
    int magnitude = random.nextInt(100) < 80 ? random.nextInt(4, 20) : random.nextInt(20, 27);
    return (1L << magnitude) + random.nextLong(1L << magnitude);
  }
}
