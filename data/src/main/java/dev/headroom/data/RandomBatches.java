package dev.headroom.data;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Batches drawn with replacement, each independent of the others; one buffer serves them all. */
public final class RandomBatches implements AutoCloseable {
  private final Arena arena = Arena.ofConfined();
  private final ImageSet set;
  private final float[][] table;
  private final int[] order;
  private final Batch batch;
  private final SplittableRandom random;

  /** Prepares draws of a size; used on the thread that makes it. */
  public RandomBatches(ImageSet set, Normalize transform, int size, long seed) {
    this.set = set;
    this.table = transform.table();
    this.order = new int[size];
    this.batch = new Batch(arena, size, set.format().values());
    this.random = new SplittableRandom(seed);
  }

  /** The next draw; valid until the one after it. */
  public Batch next() {
    for (int i = 0; i < order.length; i++) {
      order[i] = random.nextInt(set.size());
    }
    batch.fill(set, table, order, 0, order.length, Loading.Augment.NONE, 0);
    return batch;
  }

  @Override
  public void close() {
    arena.close();
  }
}
