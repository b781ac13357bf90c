package dev.headroom.loop;

import dev.headroom.graph.Argument;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.graph.Node;
import dev.headroom.tensor.TensorType;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A graph made ready to run: every name is a slot, every constant is a value, and each call knows
 * what dies after it. Made once for all engines, since looking names up costs more than all else.
 */
final class Program {
  /** Stands for the value of a slot. */
  private record Slot(int index) {}

  /** A list in which slots stand. */
  private record Slots(@Nullable Object[] items) {}

  /**
   * A node with its results resolved to slots, and what dies after it.
   *
   * @param arguments values, with {@link Slot} and {@link Slots} where a run has to fill them in
   */
  record Step(
      Node node,
      boolean symbolic,
      @Nullable Object[] arguments,
      Map<String, @Nullable Object> keywords,
      int[] results,
      int[] dying) {

    /** The same with others that die. */
    Step withDying(int[] others) {
      return new Step(node, symbolic, arguments, keywords, results, others);
    }

    /** The arguments of a run, in an array of their own. */
    @Nullable Object[] arguments(IntFunction<Object> values) {
      @Nullable Object[] out = new Object[arguments.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = filled(arguments[i], values);
      }
      return out;
    }

    /** The same for arguments by name. */
    Map<String, @Nullable Object> keywords(IntFunction<Object> values) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      keywords.forEach((name, value) -> out.put(name, filled(value, values)));
      return out;
    }
  }

  /** The one made last: plans run the same graph many times, each time with another engine. */
  private static volatile SoftReference<@Nullable Program> last = new SoftReference<>(null);

  private final Graph given;
  private final Map<String, Integer> slots;
  private @Nullable BitSet sources;
  private final Map<Long, TensorType> outputs = new ConcurrentHashMap<>();

  /** Calls in order. */
  final List<Step> steps;

  /** Slots of the user's inputs. */
  final int[] userSlots;

  /** Slots from here on are results of nodes. */
  final int firstResult;

  /** Slots whose values are numbers. */
  final BitSet symbolic = new BitSet();

  /** The first is handed out by a run, the others die when it ends. */
  final int[] outputSlots;

  private Program(Graph given) {
    this.given = given;
    Graph graph = WholeSlices.dropped(given);
    List<Node> nodes = graph.nodes();
    slots = HashMap.newHashMap(graph.inputs().size() + nodes.size());
    for (Input input : graph.inputs()) {
      slots.put(input.name(), slots.size());
    }
    firstResult = slots.size();
    for (Node node : nodes) {
      boolean number = SymbolicCall.is(node.op());
      for (String output : node.outputs()) {
        symbolic.set(slots.size(), number);
        slots.put(output, slots.size());
      }
    }
    userSlots = graph.inputs(Input.Kind.USER).stream().mapToInt(i -> slot(i.name())).toArray();
    outputSlots = graph.outputs().stream().distinct().mapToInt(this::slot).toArray();
    for (int slot : outputSlots) {
      if (slot < firstResult || symbolic.get(slot)) {
        throw new IllegalArgumentException(
            graph.name() + ": an output is not a tensor that a call computes");
      }
    }
    int[][] dying = Lifetimes.of(graph, this::slot, slots.size());
    steps = new ArrayList<>(nodes.size());
    int next = firstResult;
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      int[] results = new int[node.outputs().size()];
      for (int r = 0; r < results.length; r++) {
        results[r] = next++;
      }
      steps.add(step(node, results, dying[i]));
    }
  }

  /**
   * Makes a graph ready.
   *
   * @throws IllegalArgumentException if an output is not a tensor that a call computes
   */
  @SuppressWarnings("ReferenceEquality") // comparing two graphs would take as long
  static Program of(Graph graph) {
    Program known = last.get();
    if (known == null || known.given != graph) {
      known = new Program(graph);
      last = new SoftReference<>(known);
    }
    return known;
  }

  /**
   * Inputs that the first output depends on, see {@link Graph#sources}, and what they are tied to.
   */
  BitSet sources() {
    BitSet known = sources;
    if (known == null) {
      known = new BitSet();
      Set<String> names = given.sources();
      for (Input input : given.inputs()) {
        if (names.contains(input.name())) {
          known.set(slot(input.name()));
          if (input.tiedTo() != null) {
            known.set(slot(input.tiedTo()));
          }
        }
      }
      sources = known;
    }
    return known;
  }

  /** Type of the first output at a batch, found out once. */
  TensorType output(long batch, Supplier<TensorType> unknown) {
    TensorType known = outputs.get(batch);
    if (known == null) {
      known = unknown.get();
      outputs.put(batch, known);
    }
    return known;
  }

  /** How many values there are. */
  int slotCount() {
    return slots.size();
  }

  /** Slot of a value. */
  int slot(String name) {
    Integer slot = slots.get(name);
    if (slot == null) {
      throw new IllegalArgumentException("no value is called '" + name + "'");
    }
    return slot;
  }

  private Step step(Node node, int[] results, int[] dying) {
    List<Argument> arguments = node.arguments();
    @Nullable Object[] values = new Object[arguments.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(arguments.get(i));
    }
    Map<String, @Nullable Object> keywords = Map.of();
    if (!node.keywords().isEmpty()) {
      keywords = new LinkedHashMap<>();
      for (Map.Entry<String, Argument> keyword : node.keywords().entrySet()) {
        keywords.put(keyword.getKey(), value(keyword.getValue()));
      }
    }
    return new Step(node, SymbolicCall.is(node.op()), values, keywords, results, dying);
  }

  private @Nullable Object value(Argument argument) {
    return switch (argument) {
      case Argument.OfTensor t -> new Slot(slot(t.name()));
      case Argument.OfTensors ts ->
          new Slots(ts.names().stream().map(name -> new Slot(slot(name))).toArray());
      case Argument.OfOptionalTensors ts -> list(ts.items());
      case Argument.OfInt i -> i.value();
      case Argument.OfSymInt s -> new Slot(slot(s.name()));
      case Argument.OfInts is -> list(is.items());
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

  private Object list(List<Argument> items) {
    @Nullable Object[] values = new Object[items.size()];
    boolean constant = true;
    for (int i = 0; i < values.length; i++) {
      values[i] = value(items.get(i));
      constant &= !(values[i] instanceof Slot);
    }
    return constant ? Collections.unmodifiableList(Arrays.asList(values)) : new Slots(values);
  }

  private static @Nullable Object filled(@Nullable Object value, IntFunction<Object> values) {
    if (value instanceof Slot slot) {
      return values.apply(slot.index());
    }
    if (value instanceof Slots list) {
      @Nullable Object[] out = new Object[list.items().length];
      for (int i = 0; i < out.length; i++) {
        out[i] = filled(list.items()[i], values);
      }
      return Arrays.asList(out);
    }
    return value;
  }
}
