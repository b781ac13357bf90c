package dev.headroom.app.sweep;

import dev.headroom.effect.NoiseScale;
import java.util.List;

/**
 * What a run came to. Times are of training steps alone: looks at the test set and noise probes are
 * left out.
 *
 * @param end how it ended
 * @param steps optimizer steps
 * @param images training images seen
 * @param seconds by the clock
 * @param cpuSeconds processor time of the training thread, which other programs disturb less
 * @param accuracy on the test set at the end, a fraction
 * @param lossNoise standard deviation of the difference of neighbouring steps' losses, over the
 *     second half of the run
 * @param gap accuracy on training images minus accuracy on test images, at the end
 * @param predictedPeakBytes live bytes of the first three iterations by the plan
 * @param measuredPeakBytes the same as libtorch reported it
 * @param looks at the test set, in the order of steps
 * @param noise the noise scale over the run; empty if it was not measured
 */
public record RunRecord(
    End end,
    long steps,
    long images,
    double seconds,
    double cpuSeconds,
    double accuracy,
    double lossNoise,
    double gap,
    long predictedPeakBytes,
    long measuredPeakBytes,
    List<Look> looks,
    List<NoiseScale.Estimate> noise) {
  /** How a run ends. */
  public enum End {
    /** The target was reached. */
    ARRIVED,
    /** All passes were made without reaching it. */
    MISSED,
    /** The loss was no number any more. */
    DIVERGED,
    /** Somebody stopped it; such a run is not remembered. */
    STOPPED
  }

  /**
   * One look at the test set.
   *
   * @param step optimizer steps before it
   * @param seconds of training before it: processor time with one thread, else by the clock
   * @param trainLoss mean over the images since the last look
   * @param accuracy on the test set
   * @param testLoss mean over the test set
   */
  public record Look(
      long step, double seconds, double trainLoss, double accuracy, double testLoss) {}

  public RunRecord {
    looks = List.copyOf(looks);
    noise = List.copyOf(noise);
  }

  /** Training images per second by the clock. */
  public double imagesPerSecond() {
    return images / seconds;
  }
}
