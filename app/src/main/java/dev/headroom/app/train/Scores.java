package dev.headroom.app.train;

import dev.headroom.torch.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;

/** How good a network's output is. */
public final class Scores {
  private Scores() {}

  /** Adds the number of right answers, and the summed cross entropy, of a batch. */
  public static void add(Tensor output, Tensor labels, long[] right, double[] loss) {
    float[] scores = Values.floats(output);
    MemorySegment targets = Values.memory(labels);
    int count = (int) (targets.byteSize() / Long.BYTES);
    int classes = scores.length / count;
    for (int i = 0; i < count; i++) {
      int target = (int) targets.getAtIndex(ValueLayout.JAVA_LONG, i);
      int best = 0;
      double max = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        float score = scores[i * classes + c];
        if (score > max) {
          max = score;
          best = c;
        }
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(scores[i * classes + c] - max);
      }
      right[0] += best == target ? 1 : 0;
      loss[0] += Math.log(sum) + max - scores[i * classes + target];
    }
  }
}
