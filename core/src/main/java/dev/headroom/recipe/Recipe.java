package dev.headroom.recipe;

import dev.headroom.graph.Dim;
import dev.headroom.recipe.Optimizer.Form;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a training loop adds to a network.
 *
 * @param optimizer which update rule
 * @param form how its step is carried out
 * @param learningRate step size
 * @param accumulate micro-batches before one optimizer step
 * @param arrival when batches come and go
 * @param precision in what type forward and loss compute
 * @param checkpoint what backward computes again
 * @param loss what the output is held against
 * @param targetShape sizes of the target where they do not follow from the output, or null
 * @param extras weight decay, clipping, averaging
 * @param setToNone {@code zero_grad}'s argument: whether gradients are dropped before forward, or
 *     filled with zeros and kept through it
 */
public record Recipe(
    Optimizer optimizer,
    Form form,
    double learningRate,
    int accumulate,
    BatchArrival arrival,
    Precision precision,
    Checkpoint checkpoint,
    Loss loss,
    @Nullable List<Dim> targetShape,
    Extras extras,
    boolean setToNone) {
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
    targetShape = targetShape == null ? null : List.copyOf(targetShape);
  }

  /** Full precision, nothing recomputed, cross entropy. */
  public Recipe(
      Optimizer optimizer, Form form, double learningRate, int accumulate, BatchArrival arrival) {
    this(
        optimizer,
        form,
        learningRate,
        accumulate,
        arrival,
        Precision.FP32,
        Checkpoint.NONE,
        Loss.CROSS_ENTROPY,
        null,
        Extras.of(optimizer),
        true);
  }

  /** The same with other extras. */
  public Recipe with(Extras other) {
    return changed(draft -> draft.extras = other);
  }

  /** The same with gradients that are dropped before forward, or kept through it. */
  public Recipe withSetToNone(boolean drops) {
    return changed(draft -> draft.setToNone = drops);
  }

  /** An optimizer with PyTorch's defaults on the CPU. */
  public static Recipe of(Optimizer optimizer) {
    return new Recipe(
        optimizer, Form.FOR_LOOP, optimizer.defaultLearningRate(), 1, BatchArrival.REPLACE);
  }

  /** The same with another form of the optimizer. */
  public Recipe with(Form other) {
    return changed(draft -> draft.form = other);
  }

  /** The same with another number of micro-batches per step. */
  public Recipe withAccumulate(int n) {
    return changed(draft -> draft.accumulate = n);
  }

  /** The same with batches arriving in another way. */
  public Recipe with(BatchArrival other) {
    return changed(draft -> draft.arrival = other);
  }

  /** The same in another precision. */
  public Recipe with(Precision other) {
    return changed(draft -> draft.precision = other);
  }

  /** The same with other checkpointing. */
  public Recipe with(Checkpoint other) {
    return changed(draft -> draft.checkpoint = other);
  }

  /** The same with another loss. */
  public Recipe with(Loss other) {
    return changed(draft -> draft.loss = other);
  }

  /** The same with a target of given sizes. */
  public Recipe withTargetShape(@Nullable List<Dim> sizes) {
    return changed(draft -> draft.targetShape = sizes);
  }

  /** The same with another step size. */
  public Recipe withLearningRate(double lr) {
    return changed(draft -> draft.learningRate = lr);
  }

  /** What is not as in the plain loop and shows in no other word, for a headline; often empty. */
  public String unusual() {
    return (accumulate == 1 ? "" : " · accumulate " + accumulate)
        + (checkpoint.isNone() ? "" : " · checkpoint " + checkpoint.label())
        + (setToNone ? "" : " · set_to_none off");
  }

  private Recipe changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.recipe();
  }

  /** A recipe that is being changed: the one place that lists what is kept. */
  private static final class Draft {
    private final Optimizer optimizer;
    private Form form;
    private double learningRate;
    private int accumulate;
    private BatchArrival arrival;
    private Precision precision;
    private Checkpoint checkpoint;
    private Loss loss;
    private @Nullable List<Dim> targetShape;
    private Extras extras;
    private boolean setToNone;

    Draft(Recipe from) {
      optimizer = from.optimizer;
      form = from.form;
      learningRate = from.learningRate;
      accumulate = from.accumulate;
      arrival = from.arrival;
      precision = from.precision;
      checkpoint = from.checkpoint;
      loss = from.loss;
      targetShape = from.targetShape;
      extras = from.extras;
      setToNone = from.setToNone;
    }

    Recipe recipe() {
      return new Recipe(
          optimizer,
          form,
          learningRate,
          accumulate,
          arrival,
          precision,
          checkpoint,
          loss,
          targetShape,
          extras,
          setToNone);
    }
  }
}
