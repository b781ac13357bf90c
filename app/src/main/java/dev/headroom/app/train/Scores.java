package dev.headroom.app.train;

import dev.headroom.torch.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;

/** How good a network's output is. */
final class Scores {
  private Scores() {}

  /** Adds the number of right answers, and the summed cross entropy, of a batch. */
  static void add(Tensor output, Tensor labels, long[] right, double[] loss) {
    MemorySegment scores = Values.memory(output);
    MemorySegment targets = Values.memory(labels);
    long count = targets.byteSize() / Long.BYTES;
    long classes = scores.byteSize() / Float.BYTES / count;
    for (long i = 0; i < count; i++) {
      long target = targets.getAtIndex(ValueLayout.JAVA_LONG, i);
      long best = 0;
      double max = Double.NEGATIVE_INFINITY;
      for (long c = 0; c < classes; c++) {
        float score = scores.getAtIndex(ValueLayout.JAVA_FLOAT, i * classes + c);
        if (score > max) {
          max = score;
          best = c;
        }
      }
      double sum = 0;
      for (long c = 0; c < classes; c++) {
        sum += Math.exp(scores.getAtIndex(ValueLayout.JAVA_FLOAT, i * classes + c) - max);
      }
      right[0] += best == target ? 1 : 0;
      loss[0] +=
          Math.log(sum) + max - scores.getAtIndex(ValueLayout.JAVA_FLOAT, i * classes + target);
    }
  }
}
