package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/**
 * What one ATen overload does to memory: what it allocates, in order, what its results look like,
 * what it keeps for backward, and what its backward allocates.
 *
 * <p>Orders that hold for every operator of {@code derivatives.yaml}: the node is made first,
 * inputs are kept before the call computes, results after it, each group sorted by its argument's
 * name; backward computes the gradients sorted by name too; what was kept is freed in the order in
 * which it was kept.
 */
@FunctionalInterface
public interface Rule {
  /** Runs the call on paper and returns owned results. */
  List<PaperTensor> call(PaperEngine engine, Args args);
}
