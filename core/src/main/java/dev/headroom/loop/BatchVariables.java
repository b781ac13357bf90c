package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The variables of a training loop that hold its batch: the network's inputs, in the order in which
 * it takes them, and the target. They keep one batch alive until the next has arrived, or, as the
 * recipe says, until shortly before.
 *
 * @param <T> handle to a tensor
 */
final class BatchVariables<T> {
  private final Engine<T> engine;
  private final BatchArrival arrival;
  private final List<Input> samples;
  private final Target target;
  private List<T> inputs = List.of();
  private @Nullable T y;

  /**
   * Nothing has arrived yet.
   *
   * @throws IllegalArgumentException if the network takes no input
   */
  BatchVariables(Engine<T> engine, Graph graph, Target target, BatchArrival arrival) {
    this.engine = engine;
    this.arrival = arrival;
    this.target = target;
    samples = graph.inputs(Input.Kind.USER);
    if (samples.isEmpty()) {
      throw new IllegalArgumentException(graph.name() + " takes no input, expected at least 1");
    }
  }

  /** Inputs of a batch, with no values in them; the caller's to release. */
  List<T> emptyInputs(long batch) {
    return samples.stream().map(s -> engine.empty(s.type(batch), Category.INPUT)).toList();
  }

  /** The target of a batch, with no values in it; the caller's to release. */
  T emptyTarget(long batch) {
    return engine.empty(target.type(batch), Category.INPUT);
  }

  /** A batch takes the place of the one before. */
  void arrive(long batch, TrainingLoop.Fill<T> fill) {
    switch (arrival) {
      case REPLACE -> {
        drop();
        hold(emptyInputs(batch), emptyTarget(batch));
      }
      case OVERLAP -> {
        List<T> newInputs = emptyInputs(batch);
        T newY = emptyTarget(batch);
        drop();
        hold(newInputs, newY);
      }
      case FIXED -> {
        if (!types().equals(samples.stream().map(s -> s.type(batch)).toList())) {
          drop();
          hold(emptyInputs(batch), emptyTarget(batch));
        }
      }
    }
    fill.fill(inputs(), target());
  }

  private List<TensorType> types() {
    return inputs.stream().map(engine::type).toList();
  }

  private void hold(List<T> newInputs, T newY) {
    inputs = newInputs;
    y = newY;
  }

  /** The inputs at hand; borrowed. */
  List<T> inputs() {
    if (inputs.isEmpty()) {
      throw new IllegalStateException("no batch has arrived");
    }
    return inputs;
  }

  /** The target at hand; borrowed. */
  T target() {
    T held = y;
    if (held == null) {
      throw new IllegalStateException("no batch has arrived");
    }
    return held;
  }

  /** Lets go of the batch. */
  void drop() {
    List<T> held = new ArrayList<>(inputs);
    T heldY = y;
    inputs = List.of();
    y = null;
    held.forEach(engine::release);
    if (heldY != null) {
      engine.release(heldY);
    }
  }
}
