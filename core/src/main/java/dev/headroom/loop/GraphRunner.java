package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.tensor.SizeOverflowException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Executes a graph node by node and drops each intermediate as soon as no later node needs it, as
 * Python does when the last name for it goes.
 *
 * @param <T> handle to a tensor
 */
public final class GraphRunner<T> {
  private final Engine<T> engine;
  private final BiConsumer<Node, List<T>> observer;
  private final List<Step> steps = new ArrayList<>();
  private final @Nullable Object[] values;
  private final Map<String, Integer> slots = new HashMap<>();
  private final int[] userSlots;

  /** The first is handed out by a run, the others die when it ends. */
  private final int[] outputSlots;

  /** A node with its results resolved to slots, and what dies after it. */
  private record Step(Node node, boolean symbolic, int[] results, int[] dying) {}

  /** Prepares a graph; parameters and buffers are given once with {@link #bind}. */
  public GraphRunner(Engine<T> engine, Graph graph) {
    this(engine, graph, (node, results) -> {});
  }

  /** Prepares a graph whose results somebody wants to look at, borrowed, as they are made. */
  public GraphRunner(Engine<T> engine, Graph graph, BiConsumer<Node, List<T>> observer) {
    this.engine = engine;
    this.observer = observer;
    List<Node> nodes = graph.nodes();
    for (Input input : graph.inputs()) {
      slots.put(input.name(), slots.size());
    }
    int inputs = slots.size();
    for (Node node : nodes) {
      for (String output : node.outputs()) {
        slots.put(output, slots.size());
      }
    }
    values = new Object[slots.size()];
    userSlots = graph.inputs(Input.Kind.USER).stream().mapToInt(i -> slot(i.name())).toArray();
    outputSlots = graph.outputs().stream().distinct().mapToInt(this::slot).toArray();
    // The node after which a value is gone; -1 for what this run does not own.
    int[] lastUse = new int[slots.size()];
    Arrays.fill(lastUse, -1);
    for (int i = 0; i < nodes.size(); i++) {
      if (!SymbolicCall.is(nodes.get(i).op())) {
        for (String output : nodes.get(i).outputs()) {
          lastUse[slot(output)] = i;
        }
      }
      for (String used : nodes.get(i).uses()) {
        int slot = slot(used);
        if (lastUse[slot] >= 0) {
          lastUse[slot] = i;
        }
      }
    }
    for (int slot : outputSlots) {
      if (lastUse[slot] < 0) {
        throw new IllegalArgumentException(
            graph.name() + ": an output is not a tensor that a call computes");
      }
      lastUse[slot] = -1;
    }
    List<List<Integer>> dying = new ArrayList<>();
    nodes.forEach(n -> dying.add(new ArrayList<>()));
    for (int slot = inputs; slot < lastUse.length; slot++) {
      if (lastUse[slot] >= 0) {
        dying.get(lastUse[slot]).add(slot);
      }
    }
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      steps.add(
          new Step(
              node,
              SymbolicCall.is(node.op()),
              node.outputs().stream().mapToInt(this::slot).toArray(),
              dying.get(i).stream().mapToInt(Integer::intValue).toArray()));
    }
  }

  /** Gives a parameter, buffer or constant; the handle stays the caller's. */
  public void bind(String name, T value) {
    values[slot(name)] = value;
  }

  /**
   * Runs the graph on inputs that stay the caller's; the result is the caller's to release.
   *
   * @throws NodeException if a call refuses its arguments
   */
  public T run(List<T> inputs) {
    for (int i = 0; i < userSlots.length; i++) {
      values[userSlots[i]] = inputs.get(i);
    }
    for (Step step : steps) {
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
    }
    engine.at(null);
    for (int slot : userSlots) {
      values[slot] = null;
    }
    T output = handle(outputSlots[0]);
    values[outputSlots[0]] = null;
    for (int i = 1; i < outputSlots.length; i++) {
      engine.release(handle(outputSlots[i]));
      values[outputSlots[i]] = null;
    }
    return output;
  }

  private void compute(Step step) {
    Object value = SymbolicCall.evaluate(engine, step.node().op(), arguments(step.node()));
    if (step.results().length > 0) {
      values[step.results()[0]] = value;
    }
  }

  private void call(Step step) {
    Node node = step.node();
    List<@Nullable Object> arguments = arguments(node);
    List<T> results;
    if (node.keywords().isEmpty()) {
      results = engine.call(node.op(), arguments.toArray());
    } else {
      Map<String, @Nullable Object> keywords = new LinkedHashMap<>();
      node.keywords().forEach((name, argument) -> keywords.put(name, value(argument)));
      results = engine.call(node.op(), arguments, keywords);
    }
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
    for (int slot : step.dying()) {
      engine.release(handle(slot));
      values[slot] = null;
    }
  }

  private List<@Nullable Object> arguments(Node node) {
    List<@Nullable Object> out = new ArrayList<>(node.arguments().size());
    for (Argument argument : node.arguments()) {
      out.add(value(argument));
    }
    return out;
  }

  private @Nullable Object value(Argument argument) {
    return switch (argument) {
      case Argument.OfTensor t -> handle(slot(t.name()));
      case Argument.OfTensors ts -> ts.names().stream().map(n -> handle(slot(n))).toList();
      case Argument.OfOptionalTensors ts -> values(ts.items());
      case Argument.OfInt i -> i.value();
      case Argument.OfSymInt s -> handle(slot(s.name()));
      case Argument.OfInts is -> values(is.items());
      case Argument.OfFloat f -> f.value();
      case Argument.OfFloats fs -> fs.values();
      case Argument.OfBool b -> b.value();
      case Argument.OfBools bs -> bs.values();
      case Argument.OfString s -> s.value();
      case Argument.OfDType d -> d.value();
      case Argument.OfMemoryFormat m -> m.value();
      case Argument.OfDevice d -> d;
      case Argument.OfNone n -> null;
    };
  }

  private List<@Nullable Object> values(List<Argument> items) {
    List<@Nullable Object> out = new ArrayList<>(items.size());
    for (Argument item : items) {
      out.add(value(item));
    }
    return out;
  }

  private int slot(String name) {
    Integer slot = slots.get(name);
    if (slot == null) {
      throw new IllegalArgumentException("no value is called '" + name + "'");
    }
    return slot;
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
