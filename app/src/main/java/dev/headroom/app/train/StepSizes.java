package dev.headroom.app.train;

import java.util.ArrayList;
import java.util.List;

/**
 * How a pass over a set is cut: into optimizer steps of so many samples, and those into
 * micro-batches. What is left at the end is a smaller step.
 */
record StepSizes(int stepSamples, int microBatch) {

  /** Micro-batches of the step that begins with so many samples left. */
  long[] next(int left) {
    List<Long> sizes = new ArrayList<>();
    for (int rest = Math.min(stepSamples, left); rest > 0; rest -= microBatch) {
      sizes.add((long) Math.min(microBatch, rest));
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  /** All micro-batches of a pass of which so many samples are left. */
  List<Integer> all(int left) {
    List<Integer> sizes = new ArrayList<>();
    for (int rest = left; rest > 0; rest -= Math.min(stepSamples, rest)) {
      for (long size : next(rest)) {
        sizes.add((int) size);
      }
    }
    return sizes;
  }
}
