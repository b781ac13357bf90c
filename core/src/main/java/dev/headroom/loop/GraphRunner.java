package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
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
  private final int outputSlot;

  /** A node with its arguments resolved to slots, and what dies after it. */
  private record Step(Node node, int[] results, int[] dying) {}

  /** Prepares a graph; parameters and buffers are given once with {@link #bind}. */
  public GraphRunner(Engine<T> engine, Graph graph) {
    this(engine, graph, (node, results) -> {});
  }

  /** Prepares a graph whose results somebody wants to look at, borrowed, as they are made. */
  public GraphRunner(Engine<T> engine, Graph graph, BiConsumer<Node, List<T>> observer) {
    this.engine = engine;
    this.observer = observer;
    for (Input input : graph.inputs()) {
      slots.put(input.name(), slots.size());
    }
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        slots.put(output, slots.size());
      }
    }
    values = new Object[slots.size()];
    userSlots = graph.inputs(Input.Kind.USER).stream().mapToInt(i -> slot(i.name())).toArray();
    outputSlot = slot(graph.outputs().getFirst());
    Map<Integer, Integer> lastUse = new HashMap<>();
    for (int i = 0; i < graph.nodes().size(); i++) {
      for (String output : graph.nodes().get(i).outputs()) {
        lastUse.put(slot(output), i);
      }
      for (Argument argument : graph.nodes().get(i).arguments()) {
        for (String name : Graph.names(argument)) {
          lastUse.computeIfPresent(slot(name), lastNode(i));
        }
      }
    }
    lastUse.remove(outputSlot);
    for (int i = 0; i < graph.nodes().size(); i++) {
      Node node = graph.nodes().get(i);
      int at = i;
      int[] dying =
          lastUse.entrySet().stream()
              .filter(e -> e.getValue() == at)
              .mapToInt(Map.Entry::getKey)
              .sorted()
              .toArray();
      steps.add(new Step(node, node.outputs().stream().mapToInt(this::slot).toArray(), dying));
    }
  }

  private static BiFunction<Integer, Integer, Integer> lastNode(int i) {
    return (slot, before) -> i;
  }

  /** Gives a parameter or buffer; the handle stays the caller's. */
  public void bind(String name, T value) {
    values[slot(name)] = value;
  }

  /** Runs the graph on inputs that stay the caller's; the result is the caller's to release. */
  public T run(List<T> inputs) {
    for (int i = 0; i < userSlots.length; i++) {
      values[userSlots[i]] = inputs.get(i);
    }
    for (Step step : steps) {
      engine.at(step.node());
      List<T> results = engine.call(step.node().op(), arguments(step.node()));
      observer.accept(step.node(), results);
      for (int i = 0; i < step.results().length; i++) {
        values[step.results()[i]] = results.get(i);
      }
      for (int slot : step.dying()) {
        engine.release(handle(slot));
        values[slot] = null;
      }
    }
    engine.at(null);
    for (int slot : userSlots) {
      values[slot] = null;
    }
    T output = handle(outputSlot);
    values[outputSlot] = null;
    return output;
  }

  private @Nullable Object[] arguments(Node node) {
    @Nullable Object[] out = new Object[node.arguments().size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = value(node.arguments().get(i));
    }
    return out;
  }

  private @Nullable Object value(Argument argument) {
    return switch (argument) {
      case Argument.OfTensor t -> handle(slot(t.name()));
      case Argument.OfTensors ts -> ts.names().stream().map(n -> handle(slot(n))).toList();
      case Argument.OfInt i -> i.value();
      case Argument.OfSymInt s -> handle(slot(s.name()));
      case Argument.OfInts is -> is.items().stream().map(this::value).toList();
      case Argument.OfFloat f -> f.value();
      case Argument.OfBool b -> b.value();
      case Argument.OfString s -> s.value();
      case Argument.OfDType d -> d.value();
      case Argument.OfNone n -> null;
    };
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
      throw new IllegalStateException("a value is used before it is bound");
    }
    return (T) value;
  }
}
