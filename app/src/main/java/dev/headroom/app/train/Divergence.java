package dev.headroom.app.train;

import dev.headroom.app.DivergedException;
import dev.headroom.torch.Values;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a run that learns nothing any more: as soon as a loss is no number, before it reaches the
 * parameters, or when the loss has stayed far above where it began.
 */
final class Divergence {
  /** A loss this many times the first one is far above it. */
  private static final double FACTOR = 100;

  /** So many steps in a row are no accident. */
  private static final int PATIENCE = 20;

  private final Running run;
  private final Supplier<@Nullable Path> lastGood;
  private double first = Double.NaN;
  private int above;

  Divergence(Running run, Supplier<@Nullable Path> lastGood) {
    this.run = run;
    this.lastGood = lastGood;
  }

  /** Looks at the loss of a micro-batch before backward runs from it. */
  void check(double loss) {
    if (!Double.isFinite(loss)) {
      throw new DivergedException(
          String.format(
              Locale.ROOT,
              "training diverged: the loss is %s at step %d; %s",
              loss,
              run.loop.steps() + 1,
              origin()),
          Finite.advice(lastGood.get()));
    }
  }

  /** Looks at the loss of a whole step. */
  void checkStep(double loss) {
    if (Double.isNaN(first)) {
      first = loss;
    }
    above = loss > FACTOR * Math.max(first, 1) ? above + 1 : 0;
    if (above == PATIENCE) {
      throw new DivergedException(
          String.format(
              Locale.ROOT,
              "training diverged: the loss is %.4g at step %d and has been more than %.0f times its"
                  + " first value, %.4g, for %d steps",
              loss,
              run.loop.steps(),
              FACTOR,
              first,
              PATIENCE),
          Finite.advice(lastGood.get()));
    }
  }

  /** Where the first value that is no number stands. */
  private String origin() {
    String bad = Finite.firstBad(run.loop.state());
    if (bad != null) {
      return bad;
    }
    AtomicReference<@Nullable String> found = new AtomicReference<>();
    run.loop.look(
        run.graph,
        (node, results) -> {
          if (found.get() == null
              && !results.isEmpty()
              && Values.notFinite(results.getFirst()) > 0) {
            found.set(
                "the first such values come out of "
                    + (node.module().isEmpty() ? "the network" : node.module())
                    + " ("
                    + node.op()
                    + ")");
          }
        });
    String where = found.get();
    return where == null ? "every layer's output is finite, so it is the loss itself" : where;
  }
}
