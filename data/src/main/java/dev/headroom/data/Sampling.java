package dev.headroom.data;

import java.util.SplittableRandom;

/** Which image comes when. */
final class Sampling {
  private Sampling() {}

  static int[] order(ImageSet set, Loading loading) {
    SplittableRandom random = new SplittableRandom(loading.seed() * 1_000_003L + loading.epoch());
    return switch (loading.order()) {
      case SEQUENTIAL -> inOrder(set.size());
      case SHUFFLED -> shuffled(set.size(), random);
      case BALANCED -> balanced(set, random);
    };
  }

  private static int[] inOrder(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    return order;
  }

  private static int[] shuffled(int n, SplittableRandom random) {
    int[] order = inOrder(n);
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  /** A class at random among those that have images, then one of its images at random. */
  private static int[] balanced(ImageSet set, SplittableRandom random) {
    int[] counts = set.classCounts();
    int[][] members = new int[counts.length][];
    int present = 0;
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] > 0) {
        members[present++] = new int[counts[c]];
      }
    }
    int[] place = new int[counts.length];
    int next = 0;
    for (int c = 0; c < counts.length; c++) {
      place[c] = counts[c] > 0 ? next++ : -1;
    }
    int[] filled = new int[present];
    for (int i = 0; i < set.size(); i++) {
      int at = place[set.label(i)];
      members[at][filled[at]++] = i;
    }
    int[] order = new int[set.size()];
    for (int i = 0; i < order.length; i++) {
      int[] chosen = members[random.nextInt(present)];
      order[i] = chosen[random.nextInt(chosen.length)];
    }
    return order;
  }
}
