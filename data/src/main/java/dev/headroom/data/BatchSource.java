package dev.headroom.data;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one pass over a set. A thread prepares the next batch while the present one
 * trains; it fills Java memory only. For a seed and epoch the order is always the same.
 */
public final class BatchSource implements AutoCloseable {
  /** One in use, one ready, one being filled. */
  private static final int BATCHES = 3;

  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<Object> ready = new ArrayBlockingQueue<>(BATCHES + 1);
  private final BlockingQueue<Batch> free = new ArrayBlockingQueue<>(BATCHES);
  private final Thread thread;
  private final int batchCount;
  private int taken;

  /** Says that no batch follows. */
  private static final Object END = new Object();

  private BatchSource(ImageSet set, Normalize transform, int batchSize, int[] order) {
    int capacity = Math.min(batchSize, Math.max(1, order.length));
    batchCount = (int) (((long) order.length + batchSize - 1) / batchSize);
    for (int i = 0; i < BATCHES; i++) {
      free.add(new Batch(arena, capacity, set.format().values()));
    }
    float[][] table = transform.table();
    thread =
        Thread.ofPlatform()
            .name("headroom-batches")
            .daemon()
            .start(() -> prepare(set, table, batchSize, order));
  }

  /** A pass in random order: seed and epoch decide it. */
  public static BatchSource shuffled(
      ImageSet set, Normalize transform, int batchSize, long seed, int epoch) {
    int[] order = inOrder(set.size());
    SplittableRandom random = new SplittableRandom(seed * 1_000_003L + epoch);
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return new BatchSource(set, transform, batchSize, order);
  }

  /** A pass from first to last, for evaluation. */
  public static BatchSource sequential(ImageSet set, Normalize transform, int batchSize) {
    return new BatchSource(set, transform, batchSize, inOrder(set.size()));
  }

  private static int[] inOrder(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    return order;
  }

  /** Batches in this pass, the last, partial one included. */
  public int batchCount() {
    return batchCount;
  }

  /** The next batch, or null after the last. */
  public @Nullable Batch next() {
    if (taken == batchCount) {
      return null;
    }
    try {
      Object next = ready.take();
      if (next instanceof Batch batch) {
        taken++;
        return batch;
      }
      if (next instanceof Throwable failure) {
        throw new DataException("Preparing a batch failed: " + failure.getMessage(), failure);
      }
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /** Gives a batch back to be filled again. */
  public void recycle(Batch batch) {
    free.add(batch);
  }

  private void prepare(ImageSet set, float[][] table, int batchSize, int[] order) {
    try {
      for (int from = 0; from < order.length; ) {
        int count = Math.min(batchSize, order.length - from);
        Batch batch = free.take();
        batch.fill(set, table, order, from, count);
        ready.put(batch);
        from += count;
      }
      ready.put(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      ready.offer(e);
    }
  }

  /** Ends the thread and frees the batches; none may be in use. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    arena.close();
  }
}
