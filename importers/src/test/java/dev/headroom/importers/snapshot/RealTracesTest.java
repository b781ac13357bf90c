package dev.headroom.importers.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.allocator.Replay;
import dev.headroom.allocator.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the allocators of real GPUs did, against the model: every address, every segment. */
class RealTracesTest {
  @TestFactory
  Stream<DynamicTest> everyAllocationLandsAtItsRealAddress() throws IOException {
    return Stream.concat(Traces.all(".json.gz").stream(), Traces.all(".pickle").stream())
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    Trace trace = SnapshotReader.read(file);
    Replay replay = Replay.of(trace);
    assertThat(replay.firstDifference()).isNull();
    assertThat(replay.allocations()).isPositive();
    assertThat(replay.atRealAddress()).isEqualTo(replay.allocations());
    assertThat(replay.segmentAllocationsMatched()).isEqualTo(replay.segmentAllocations());
    assertThat(replay.surplusSegments()).isZero();
    assertThat(replay.exact()).isTrue();
    assertThat(replay.end()).isEqualTo(trace.end());
  }

  @Test
  void theStateBeforeTheFirstEventIsFoundByGoingBackwards() throws IOException {
    for (String name : new String[] {"cnn-training", "small", "transformer-c-inference-128"}) {
      Trace pickled = SnapshotReader.read(Traces.get(name + ".pickle"));
      Trace json = SnapshotReader.read(Traces.get(name + ".json.gz"));
      assertThat(pickled.initial()).isEqualTo(json.initial());
      assertThat(pickled.end()).isEqualTo(json.end());
      assertThat(pickled.size()).isEqualTo(json.size());
    }
  }
}
