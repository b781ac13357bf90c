package dev.headroom.loop;

import dev.headroom.engine.Checkpointing;
import dev.headroom.engine.Engine;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import dev.headroom.loop.Program.Step;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.tensor.SizeOverflowException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Executes a graph node by node and drops each intermediate when the exported Python program would:
 * see {@link Lifetimes}.
 *
 * @param <T> handle to a tensor
 */
public final class GraphRunner<T> {
  private final Engine<T> engine;
  private final BiConsumer<Node, List<T>> observer;
  private final Modes<T> modes;
  private final Program program;
  private final List<Step> steps;
  private final @Nullable Object[] values;

  /** Slots of parameters, buffers and constants. */
  private final BitSet bound = new BitSet();

  /** A stretch of steps that is run again in backward; what it reads, hands on, and lets go. */
  private record Region(int from, int to, int[] inputs, int[] outputs, int[] dying) {}

  /** Regions by the index of their first step. */
  private final Map<Integer, Region> regions = new HashMap<>();

  /** Whether a call computes a size or checks something, so that no engine sees it. */
  public static boolean isSymbolic(Node node) {
    return SymbolicCall.is(node.op());
  }

  /** Prepares a graph; parameters and buffers are given once with {@link #bind}. */
  public GraphRunner(Engine<T> engine, Graph graph) {
    this(engine, graph, (node, results) -> {});
  }

  /**
   * Prepares a graph of which some blocks are checkpointed.
   *
   * @throws IllegalArgumentException if the engine cannot do that, or the network has no such block
   */
  public static <T> GraphRunner<T> checkpointing(
      Engine<T> engine, Graph graph, Checkpoint checkpoint) {
    if (!(engine instanceof Checkpointing)) {
      throw new IllegalArgumentException(
          "this engine cannot compute a block again in backward: use checkpoint none");
    }
    GraphRunner<T> runner = new GraphRunner<>(engine, graph);
    checkpoint.blocks(WholeSlices.dropped(graph)).forEach(runner::makeRegion);
    return runner;
  }

  /** Prepares a graph whose results somebody wants to look at, borrowed, as they are made. */
  public GraphRunner(Engine<T> engine, Graph graph, BiConsumer<Node, List<T>> observer) {
    this.engine = engine;
    this.observer = observer;
    modes = new Modes<>(engine);
    program = Program.of(graph);
    steps = new ArrayList<>(program.steps);
    values = new Object[program.slotCount()];
  }

  /** Gives a parameter, buffer or constant; the handle stays the caller's. */
  public void bind(String name, T value) {
    bind(program.slot(name), value);
  }

  /** The same by its place among the graph's inputs, which needs no search for its name. */
  public void bind(int input, T value) {
    values[input] = value;
    bound.set(input);
  }

  /** What an input was given by its place among the graph's inputs, or null. */
  @Nullable T bound(int input) {
    return bound.get(input) ? handle(input) : null;
  }

  /** Place of an input by its name. */
  int input(String name) {
    return program.slot(name);
  }

  /**
   * Places of the inputs that the first output depends on, and of those that they are tied to: a
   * parameter outside gets no gradient.
   */
  BitSet sources() {
    return program.sources();
  }

  /** Gives another runner of a graph with the same inputs what this one was given. */
  void shareBound(GraphRunner<T> other) {
    bound.stream().forEach(slot -> other.bind(slot, handle(slot)));
  }

  /** Drops what a run that failed left behind; the inputs stay the caller's. */
  public void reset() {
    modes.reset();
    for (int slot : program.userSlots) {
      values[slot] = null;
    }
    for (int slot = 0; slot < values.length; slot++) {
      if (values[slot] != null && !bound.get(slot) && !program.symbolic.get(slot)) {
        engine.release(handle(slot));
        values[slot] = null;
      }
    }
    engine.at(null);
  }

  /**
   * Runs the graph on inputs that stay the caller's; the result is the caller's to release.
   *
   * @throws NodeException if a call refuses its arguments
   */
  public T run(List<T> inputs) {
    for (int i = 0; i < program.userSlots.length; i++) {
      values[program.userSlots[i]] = inputs.get(i);
    }
    for (int i = 0; i < steps.size(); i++) {
      Region region = regions.get(i);
      if (region == null) {
        step(steps.get(i));
      } else {
        checkpoint(region);
        i = region.to() - 1;
      }
    }
    engine.at(null);
    for (int slot : program.userSlots) {
      values[slot] = null;
    }
    T output = handle(program.outputSlots[0]);
    values[program.outputSlots[0]] = null;
    for (int i = 1; i < program.outputSlots.length; i++) {
      engine.release(handle(program.outputSlots[i]));
      values[program.outputSlots[i]] = null;
    }
    return output;
  }

  private void step(Step step) {
    engine.at(step.node());
    try {
      if (step.symbolic()) {
        compute(step);
      } else {
        call(step);
      }
    } catch (UnsupportedOperatorException | SizeOverflowException e) {
      throw e;
    } catch (IllegalArgumentException
        | ArithmeticException
        | ClassCastException
        | IndexOutOfBoundsException
        | NullPointerException e) {
      throw new NodeException(step.node(), e);
    }
    letGo(step);
  }

  /** A value may be looked at for the last time by a call that computes a size. */
  private void letGo(Step step) {
    for (int slot : step.dying()) {
      engine.release(handle(slot));
      values[slot] = null;
    }
  }

  /** What a block reads from before it dies only behind it: its caller holds on to that. */
  private void makeRegion(Blocks.Block block) {
    BitSet user = new BitSet();
    for (int slot : program.userSlots) {
      user.set(slot);
    }
    Set<Integer> made = new LinkedHashSet<>();
    Set<Integer> read = new LinkedHashSet<>();
    Set<Integer> gone = new LinkedHashSet<>();
    Set<Integer> late = new LinkedHashSet<>();
    for (int i = block.from(); i < block.to(); i++) {
      Step step = steps.get(i);
      for (String used : step.node().uses()) {
        int slot = program.slot(used);
        boolean given = slot >= program.firstResult ? !program.symbolic.get(slot) : user.get(slot);
        if (given && !made.contains(slot)) {
          read.add(slot);
        }
      }
      if (!step.symbolic()) {
        for (int slot : step.results()) {
          made.add(slot);
        }
      }
      List<Integer> inside = new ArrayList<>();
      for (int slot : step.dying()) {
        (made.contains(slot) ? inside : late).add(slot);
      }
      gone.addAll(inside);
      steps.set(i, step.withDying(ints(inside)));
    }
    made.removeAll(gone);
    regions.put(
        block.from(), new Region(block.from(), block.to(), ints(read), ints(made), ints(late)));
  }

  private static int[] ints(Collection<Integer> items) {
    return items.stream().mapToInt(Integer::intValue).toArray();
  }

  @SuppressWarnings("unchecked") // checked when the regions were made
  private void checkpoint(Region region) {
    AtomicBoolean again = new AtomicBoolean();
    List<T> outputs =
        ((Checkpointing<T>) engine)
            .checkpoint(
                handles(region.inputs()),
                inputs -> runRegion(region, inputs, again.getAndSet(true)));
    for (int i = 0; i < region.outputs().length; i++) {
      values[region.outputs()[i]] = outputs.get(i);
    }
    for (int slot : region.dying()) {
      engine.release(handle(slot));
      values[slot] = null;
    }
  }

  /** Numbers are not computed again: they are the same, and an engine may stop before the end. */
  private List<T> runRegion(Region region, List<T> inputs, boolean again) {
    Object[] before = new Object[region.inputs().length];
    for (int i = 0; i < before.length; i++) {
      before[i] = values[region.inputs()[i]];
      values[region.inputs()[i]] = inputs.get(i);
    }
    try {
      for (int i = region.from(); i < region.to(); i++) {
        Step step = steps.get(i);
        if (again && step.symbolic() && !Modes.is(step.node().op())) {
          letGo(step);
        } else {
          step(step);
        }
      }
      List<T> outputs = handles(region.outputs());
      for (int slot : region.outputs()) {
        values[slot] = null;
      }
      return outputs;
    } finally {
      // The engine's, also where a call failed.
      for (int i = 0; i < before.length; i++) {
        values[region.inputs()[i]] = before[i];
      }
    }
  }

  private List<T> handles(int[] slots) {
    List<T> out = new ArrayList<>(slots.length);
    for (int slot : slots) {
      out.add(handle(slot));
    }
    return out;
  }

  private void compute(Step step) {
    List<@Nullable Object> arguments = Arrays.asList(step.arguments(this::handle));
    if (Modes.is(step.node().op())) {
      modes.call(step.node().op(), arguments);
      return;
    }
    Object value = SymbolicCall.evaluate(engine, step.node().op(), arguments);
    if (step.results().length > 0) {
      values[step.results()[0]] = value;
    }
  }

  private void call(Step step) {
    Node node = step.node();
    @Nullable Object[] arguments = step.arguments(this::handle);
    List<T> results =
        step.keywords().isEmpty()
            ? engine.call(node.op(), arguments)
            : engine.call(node.op(), Arrays.asList(arguments), step.keywords(this::handle));
    if (results.size() < step.results().length) {
      throw new IllegalArgumentException(
          "it has " + results.size() + " results, the graph names " + step.results().length);
    }
    observer.accept(node, results);
    for (int i = 0; i < results.size(); i++) {
      if (i < step.results().length) {
        values[step.results()[i]] = results.get(i);
      } else {
        engine.release(results.get(i));
      }
    }
  }

  @SuppressWarnings("unchecked") // slots hold what this engine returned or the caller bound
  private T handle(int slot) {
    Object value = values[slot];
    if (value == null) {
      throw new IllegalArgumentException("a value is used that has not been given or computed");
    }
    return (T) value;
  }
}
