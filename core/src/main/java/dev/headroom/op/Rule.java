package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.List;

/**
 * What one ATen overload does to memory: what it allocates, in order, what its results look like,
 * what it keeps for backward, and what its backward allocates.
 */
@FunctionalInterface
public interface Rule {
  /** Runs the call on paper and returns owned results. */
  List<PaperTensor> call(PaperEngine engine, Args args);
}
