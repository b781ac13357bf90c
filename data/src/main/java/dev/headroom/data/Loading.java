package dev.headroom.data;

import java.util.List;

/**
 * How a pass over a set is made into batches.
 *
 * @param batch images in a batch
 * @param order in which images come
 * @param seed of order and augmentation
 * @param epoch pass, from 1: another one, another order
 * @param dropLast whether an incomplete last batch is left out
 * @param augment what is done to images on the way
 * @param workers threads that prepare batches; the result is the same for any number
 * @param from draws of the pass that are left out, since they were taken before
 * @param sizes size of every batch, together at most what is left; empty for {@code batch} each
 */
public record Loading(
    int batch,
    Order order,
    long seed,
    int epoch,
    boolean dropLast,
    Augment augment,
    int workers,
    int from,
    List<Integer> sizes) {
  /** In which order images come. */
  public enum Order {
    /** From first to last. */
    SEQUENTIAL,
    /** Every image once, at random. */
    SHUFFLED,
    /** As many draws as there are images, with replacement, each class as often as any other. */
    BALANCED
  }

  /**
   * Random changes to training images, as torchvision's {@code RandomCrop(size, padding)} and
   * {@code RandomHorizontalFlip()} make them.
   *
   * @param padding black pixels around the image before a random crop of its own size; 0 for no
   *     crop
   * @param flip whether every other image, at random, is mirrored
   */
  public record Augment(int padding, boolean flip) {
    /** Nothing. */
    public static final Augment NONE = new Augment(0, false);

    /** What is usual for CIFAR-10. */
    public static final Augment CROP_AND_FLIP = new Augment(4, true);
  }

  public Loading {
    sizes = List.copyOf(sizes);
    if (batch < 1 || workers < 1) {
      throw new IllegalArgumentException(
          "batch is " + batch + " and workers is " + workers + ", expected at least 1");
    }
  }

  /** A whole pass in batches of one size. */
  public Loading(
      int batch,
      Order order,
      long seed,
      int epoch,
      boolean dropLast,
      Augment augment,
      int workers) {
    this(batch, order, seed, epoch, dropLast, augment, workers, 0, List.of());
  }

  /** A pass from first to last, for evaluation. */
  public static Loading sequential(int batch) {
    return new Loading(batch, Order.SEQUENTIAL, 0, 1, false, Augment.NONE, 1);
  }

  /** A pass at random, nothing changed, nothing left out. */
  public static Loading shuffled(int batch, long seed, int epoch) {
    return new Loading(batch, Order.SHUFFLED, seed, epoch, false, Augment.NONE, 1);
  }

  /** The same for another pass. */
  public Loading atEpoch(int other) {
    return new Loading(batch, order, seed, other, dropLast, augment, workers, from, sizes);
  }

  /** The rest of the same pass, from a draw on, in batches of given sizes. */
  public Loading rest(int start, List<Integer> batches) {
    return new Loading(
        batch, order, seed, epoch, dropLast, augment, workers, start, List.copyOf(batches));
  }

  /** Where in so many draws every batch begins, and where the last one ends. */
  int[] starts(int draws) {
    int left = Math.max(0, draws - from);
    int count =
        sizes.isEmpty()
            ? (int) (dropLast ? left / batch : ((long) left + batch - 1) / batch)
            : sizes.size();
    int[] starts = new int[count + 1];
    starts[0] = from;
    for (int i = 0; i < count; i++) {
      int size = sizes.isEmpty() ? Math.min(batch, draws - starts[i]) : sizes.get(i);
      starts[i + 1] = starts[i] + size;
    }
    if (starts[count] > draws) {
      throw new IllegalArgumentException(
          "batches end at " + starts[count] + ", beyond the " + draws + " draws of a pass");
    }
    return starts;
  }
}
