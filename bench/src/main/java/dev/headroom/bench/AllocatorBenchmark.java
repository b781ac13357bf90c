package dev.headroom.bench;

import dev.headroom.allocator.CachingAllocator;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Events (requests and frees) that the caching allocator handles per second on one core. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class AllocatorBenchmark {
  private static final int EVENTS = 100_000;

  /** Blocks alive at once: a small network, a transformer, far more than either. */
  @Param({"100", "1000", "5000"})
  public int live;

  private long[] bytes = new long[0];
  private int[] slots = new int[0];

  /** The same events in every run: a slot is taken, or given back if it is. */
  @Setup
  public void generate() {
    SplittableRandom random = new SplittableRandom(3);
    bytes = new long[EVENTS];
    slots = new int[EVENTS];
    boolean[] taken = new boolean[live];
    for (int i = 0; i < EVENTS; i++) {
      int slot = random.nextInt(live);
      slots[i] = slot;
      int magnitude = random.nextInt(100) < 60 ? random.nextInt(9, 20) : random.nextInt(20, 26);
      bytes[i] = taken[slot] ? -1 : (1L << magnitude) + random.nextLong(1L << magnitude);
      taken[slot] = !taken[slot];
    }
  }

  /** One pass over the events on a fresh allocator. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public long events() {
    CachingAllocator allocator = CachingAllocator.unlimited();
    int[] handles = new int[live];
    for (int i = 0; i < EVENTS; i++) {
      if (bytes[i] < 0) {
        allocator.free(handles[slots[i]]);
      } else {
        handles[slots[i]] = allocator.allocate(bytes[i], 0);
      }
    }
    return allocator.reservedBytes();
  }
}
