package dev.headroom.app.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM end a run cleanly: the step at hand is finished, results are printed, then the
 * process ends with 130 or 143, as shells expect.
 */
public final class Interrupts {
  private static final long PATIENCE_SECONDS = 10;
  private static final CountDownLatch FINISHED = new CountDownLatch(1);
  private static volatile boolean requested;
  private static volatile boolean ownsProcess;

  private Interrupts() {}

  /** Says that the process is ours to end, and not a test's or another program's. */
  public static void ownProcess() {
    ownsProcess = true;
  }

  /** Listens from now on; does nothing in a process that is not ours. */
  public static void install() {
    if (!ownsProcess) {
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  requested = true;
                  try {
                    // The JVM ends when this returns: wait until the results are printed.
                    if (!FINISHED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                      return;
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "headroom-interrupt"));
  }

  /** Says that everything is printed and the process may end. */
  public static void finished() {
    FINISHED.countDown();
  }

  /** Whether the user wants the run to end. */
  public static boolean requested() {
    return requested;
  }
}
