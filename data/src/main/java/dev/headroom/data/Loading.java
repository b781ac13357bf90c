package dev.headroom.data;

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
 */
public record Loading(
    int batch, Order order, long seed, int epoch, boolean dropLast, Augment augment, int workers) {
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
    if (batch < 1 || workers < 1) {
      throw new IllegalArgumentException(
          "batch is " + batch + " and workers is " + workers + ", expected at least 1");
    }
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
    return new Loading(batch, order, seed, other, dropLast, augment, workers);
  }
}
