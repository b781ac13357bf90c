package dev.headroom.app.train;

import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.RandomState;
import dev.headroom.torch.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What a forward pass changes besides its results: buffers, such as running statistics, and the
 * random state that dropout draws from. Kept in Java's memory, so that no ledger shows it.
 */
final class ForwardState {
  private final List<byte[]> buffers = new ArrayList<>();
  private final byte[] random;

  private ForwardState(byte[] random) {
    this.random = random;
  }

  /** As it is now. */
  static ForwardState of(TrainingLoop<Tensor> loop) {
    try (Tensor state = RandomState.get()) {
      ForwardState now = new ForwardState(bytes(state));
      loop.buffers().values().forEach(buffer -> now.buffers.add(bytes(buffer)));
      return now;
    }
  }

  /** Makes it again what it was. */
  void putBack(TrainingLoop<Tensor> loop) {
    int next = 0;
    for (Tensor buffer : loop.buffers().values()) {
      Values.memory(buffer).copyFrom(MemorySegment.ofArray(buffers.get(next++)));
    }
    try (Tensor state = RandomState.get()) {
      Values.memory(state).copyFrom(MemorySegment.ofArray(random));
      RandomState.set(state);
    }
  }

  private static byte[] bytes(Tensor tensor) {
    return Values.memory(tensor).toArray(ValueLayout.JAVA_BYTE);
  }
}
