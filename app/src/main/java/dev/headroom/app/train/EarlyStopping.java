package dev.headroom.app.train;

import java.util.Map;
import java.util.function.Consumer;

/** Ends a run when the loss on the test set has not become better for some passes. */
public final class EarlyStopping implements Companion {
  private static final String BEST = "earlyStopping.best";
  private static final String SINCE = "earlyStopping.since";

  private final int patience;
  private final Consumer<String> note;
  private double best = Double.POSITIVE_INFINITY;
  private int since;

  /**
   * Prepares it.
   *
   * @param patience passes without a better loss that are allowed
   */
  public EarlyStopping(int patience, Consumer<String> note) {
    this.patience = patience;
    this.note = note;
  }

  @Override
  public void afterEpoch(Running run) {
    if (run.position.testLoss < best) {
      best = run.position.testLoss;
      since = 0;
    } else {
      since++;
    }
    if (wantsStop()) {
      note.accept(
          "stopped after epoch "
              + run.position.finished
              + ": the test loss was best, "
              + best
              + ", "
              + since
              + (since == 1 ? " epoch" : " epochs")
              + " before");
    }
  }

  @Override
  public boolean wantsStop() {
    return since >= patience;
  }

  @Override
  public void save(Map<String, String> into) {
    into.put(BEST, Double.toString(best));
    into.put(SINCE, Integer.toString(since));
  }

  @Override
  public void load(Map<String, String> from) {
    best = Double.parseDouble(from.getOrDefault(BEST, Double.toString(best)));
    since = Integer.parseInt(from.getOrDefault(SINCE, "0"));
  }
}
