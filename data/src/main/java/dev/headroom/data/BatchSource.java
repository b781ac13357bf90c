package dev.headroom.data;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one pass over a set. Worker threads prepare the next ones while the present one
 * trains; they fill Java memory only, {@code workers + 2} batches of it. Order and augmentation
 * follow from seed and epoch alone, whatever the number of workers and the sizes of batches.
 */
public final class BatchSource implements AutoCloseable {
  /** Beside one that each worker fills: one in use, one ready. */
  private static final int SPARE = 2;

  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<Batch> free;
  private final List<Thread> threads = new ArrayList<>();
  private final ImageSet set;
  private final float[][] table;
  private final Loading loading;
  private final int[] order;

  /** Where in the order every batch begins, and where the last one ends. */
  private final int[] starts;

  private final int batchCount;

  /** Guards what follows. */
  private final Object lock = new Object();

  private final Map<Integer, Batch> ready = new HashMap<>();
  private int claimed;
  private int taken;
  private @Nullable Throwable failure;

  /** Begins to prepare a pass. */
  public BatchSource(ImageSet set, Normalize transform, Loading loading) {
    this.set = set;
    this.table = transform.table();
    this.loading = loading;
    this.order = Sampling.order(set, loading);
    this.starts = loading.starts(order.length);
    batchCount = starts.length - 1;
    int capacity = 1;
    for (int i = 0; i < batchCount; i++) {
      capacity = Math.max(capacity, starts[i + 1] - starts[i]);
    }
    int workers = Math.max(1, Math.min(loading.workers(), batchCount));
    free = new ArrayBlockingQueue<>(workers + SPARE);
    for (int i = 0; i < workers + SPARE; i++) {
      free.add(new Batch(arena, capacity, set.format().values()));
    }
    for (int i = 0; i < workers; i++) {
      threads.add(Thread.ofPlatform().name("headroom-batches").daemon().start(this::prepareAll));
    }
  }

  /** A pass in random order: seed and epoch decide it. */
  public static BatchSource shuffled(
      ImageSet set, Normalize transform, int batchSize, long seed, int epoch) {
    return new BatchSource(set, transform, Loading.shuffled(batchSize, seed, epoch));
  }

  /** A pass from first to last, for evaluation. */
  public static BatchSource sequential(ImageSet set, Normalize transform, int batchSize) {
    return new BatchSource(set, transform, Loading.sequential(batchSize));
  }

  /** Batches in this pass, a last, partial one included unless it is dropped. */
  public int batchCount() {
    return batchCount;
  }

  /**
   * The next batch, or null after the last.
   *
   * @throws DataException if an image cannot be had
   * @throws ThreadDiedException if a worker has ended for another reason, or this thread is to end
   */
  public @Nullable Batch next() {
    synchronized (lock) {
      if (taken == batchCount) {
        return null;
      }
      try {
        while (!ready.containsKey(taken) && failure == null) {
          lock.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ThreadDiedException(
            "the training thread was interrupted while it waited for " + where(taken), e);
      }
      if (failure != null) {
        throw failed(failure);
      }
      return ready.remove(taken++);
    }
  }

  private RuntimeException failed(Throwable cause) {
    if (cause instanceof OutOfMemoryError e) {
      throw e;
    }
    if (cause instanceof DataException) {
      return new DataException("Preparing a batch failed: " + cause.getMessage(), cause);
    }
    String why =
        cause instanceof InterruptedException
            ? "it was interrupted"
            : cause + (cause.getStackTrace().length == 0 ? "" : " at " + cause.getStackTrace()[0]);
    return new ThreadDiedException(
        "a thread that prepares batches died before " + where(taken) + ": " + why, cause);
  }

  private String where(int batch) {
    return "batch " + (batch + 1) + " of " + batchCount;
  }

  /** Gives a batch back to be filled again. */
  public void recycle(Batch batch) {
    free.add(batch);
  }

  private void prepareAll() {
    try {
      while (true) {
        // Memory first, then the number: so the batch that is waited for always has memory.
        Batch batch = free.take();
        int number;
        synchronized (lock) {
          if (claimed == batchCount) {
            return;
          }
          number = claimed++;
        }
        prepare(batch, number);
        synchronized (lock) {
          ready.put(number, batch);
          lock.notifyAll();
        }
      }
    } catch (Throwable e) {
      // Interrupted by close() as well, when nobody waits for it any more.
      synchronized (lock) {
        failure = e;
        lock.notifyAll();
      }
    }
  }

  private void prepare(Batch batch, int number) {
    int from = starts[number];
    long seed = (loading.seed() * 31 + loading.epoch()) * 1_000_003L;
    batch.fill(set, table, order, from, starts[number + 1] - from, loading.augment(), seed);
  }

  /** Ends the threads and frees the batches; none may be in use. */
  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    arena.close();
  }
}
