package dev.headroom.app.train;

import java.util.Map;

/** Where a run is: all that it has to know, besides tensors, to go on as if it had never ended. */
final class Position {
  /** The pass at hand, from 1. */
  int epoch = 1;

  /** Samples of this pass that have been trained on, in the pass's order. */
  int samples;

  /** Loss summed over those samples. */
  double lossSum;

  /** Whole passes. */
  int finished;

  /** Mean loss of the last pass that has begun. */
  double trainLoss = Double.NaN;

  double testLoss = Double.NaN;
  double testAccuracy = Double.NaN;

  void step(int count, double loss) {
    samples += count;
    lossSum += loss * count;
    trainLoss = lossSum / samples;
  }

  void nextEpoch() {
    finished = epoch;
    epoch++;
    samples = 0;
    lossSum = 0;
  }

  void save(Map<String, String> into) {
    into.put("position.epoch", Integer.toString(epoch));
    into.put("position.samples", Integer.toString(samples));
    // Double.toString names every double exactly.
    into.put("position.lossSum", Double.toString(lossSum));
    into.put("position.finished", Integer.toString(finished));
    into.put("position.trainLoss", Double.toString(trainLoss));
    into.put("position.testLoss", Double.toString(testLoss));
    into.put("position.testAccuracy", Double.toString(testAccuracy));
  }

  void load(Map<String, String> from) {
    epoch = Integer.parseInt(given(from, "epoch"));
    samples = Integer.parseInt(given(from, "samples"));
    lossSum = Double.parseDouble(given(from, "lossSum"));
    finished = Integer.parseInt(given(from, "finished"));
    trainLoss = Double.parseDouble(given(from, "trainLoss"));
    testLoss = Double.parseDouble(given(from, "testLoss"));
    testAccuracy = Double.parseDouble(given(from, "testAccuracy"));
  }

  private static String given(Map<String, String> from, String name) {
    return from.getOrDefault("position." + name, "");
  }
}
