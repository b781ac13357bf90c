package dev.headroom.recipe;

import dev.headroom.recipe.Optimizer.Form;

/**
 * What a training loop adds to a network.
 *
 * @param optimizer which update rule
 * @param form how its step is carried out
 * @param learningRate step size
 * @param accumulate micro-batches before one optimizer step
 * @param arrival when batches come and go
 */
public record Recipe(
    Optimizer optimizer, Form form, double learningRate, int accumulate, BatchArrival arrival) {
  public Recipe {
    if (!optimizer.has(form)) {
      throw new IllegalArgumentException(
          "PyTorch has no " + form.label() + " form of " + optimizer.label());
    }
    if (accumulate < 1) {
      throw new IllegalArgumentException("accumulate is " + accumulate + ", expected at least 1");
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException("lr is " + learningRate + ", expected a positive number");
    }
  }

  /** An optimizer with PyTorch's defaults on the CPU. */
  public static Recipe of(Optimizer optimizer) {
    return new Recipe(
        optimizer, Form.FOR_LOOP, optimizer.defaultLearningRate(), 1, BatchArrival.REPLACE);
  }

  /** The same with another form of the optimizer. */
  public Recipe with(Form other) {
    return new Recipe(optimizer, other, learningRate, accumulate, arrival);
  }

  /** The same with another number of micro-batches per step. */
  public Recipe withAccumulate(int n) {
    return new Recipe(optimizer, form, learningRate, n, arrival);
  }

  /** The same with batches arriving in another way. */
  public Recipe with(BatchArrival other) {
    return new Recipe(optimizer, form, learningRate, accumulate, other);
  }
}
