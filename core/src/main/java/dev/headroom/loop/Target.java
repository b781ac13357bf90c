package dev.headroom.loop;

import dev.headroom.engine.Backend;
import dev.headroom.engine.Engine;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/**
 * What the loss holds the network's output against, and how it follows from the output:
 *
 * <ul>
 *   <li>a loss over classes: (B, C) takes int64 (B); (B, C, d...) takes (B, d...)
 *   <li>the same, tokens in (integers, (B, T)) and (B, T, V) out: both are viewed as rows, (B*T, V)
 *       against B*T; where (B, V, T) comes out, as of convolutions, the rule before holds
 *   <li>a loss over values: the output's own shape and type
 * </ul>
 *
 * @param dtype element type
 * @param shape sizes; those that grow with the batch say how
 * @param rows whether output and target are viewed as rows of tokens
 */
public record Target(DType dtype, List<Dim> shape, boolean rows) {
  private static final long SMALL = 2;
  private static final long LARGE = 3;

  /** {@code at::Reduction::Mean}. */
  private static final long MEAN = 1;

  /** torch.nn's own default. */
  private static final long IGNORE_INDEX = -100;

  public Target {
    shape = List.copyOf(shape);
  }

  /** Whether it is one number of a class for each sample, as data sets of images have it. */
  public boolean isClassOfSample() {
    return dtype == DType.INT64 && !rows && shape.size() == 1;
  }

  /** Type at a batch. */
  TensorType type(long batch) {
    return TensorType.of(dtype, shape.stream().map(d -> d.at(batch)).toList());
  }

  /**
   * Finds it by running the network on paper at two batches.
   *
   * @throws IllegalArgumentException if no target fits the output
   * @throws dev.headroom.op.UnsupportedOperatorException if an operator has no rule
   */
  public static Target of(Graph graph, Recipe recipe) {
    return of(graph, recipe, batch -> output(graph, batch));
  }

  /**
   * As above, for a network whose output somebody else finds out.
   *
   * @param outputs type of the network's output at a batch
   */
  public static Target of(Graph graph, Recipe recipe, LongFunction<TensorType> outputs) {
    Loss loss = recipe.loss();
    if (loss == Loss.NONE) {
      return new Target(DType.INT64, List.of(Dim.of(0)), false);
    }
    List<Input> tokens = graph.inputs(Input.Kind.USER).stream().filter(Target::isTokens).toList();
    List<Dim> wanted = recipe.targetShape();
    if (wanted != null) {
      // Rows of tokens are meant where the target has as many dimensions as they have.
      boolean rows =
          loss.isOverClasses() && tokens.stream().anyMatch(i -> i.shape().size() == wanted.size());
      return new Target(loss.isOverClasses() ? DType.INT64 : DType.FLOAT32, wanted, rows);
    }
    TensorType small = outputs.apply(SMALL);
    TensorType large = outputs.apply(LARGE);
    List<Dim> sizes = new ArrayList<>();
    for (int i = 0; i < small.rank(); i++) {
      long slope = (large.size(i) - small.size(i)) / (LARGE - SMALL);
      sizes.add(new Dim(slope, small.size(i) - slope * SMALL));
    }
    if (!loss.isOverClasses()) {
      return new Target(small.dtype(), sizes, false);
    }
    if (small.rank() < 2) {
      throw new IllegalArgumentException(
          graph.name()
              + " returns "
              + small
              + ", "
              + loss.label()
              + " needs (batch, classes, ...). Choose another --loss, or none if the network"
              + " returns its loss itself.");
    }
    boolean rows = small.rank() == 3 && tokens.stream().anyMatch(i -> !channelsFirst(i, sizes));
    sizes.remove(rows ? 2 : 1);
    return new Target(DType.INT64, sizes, rows);
  }

  /**
   * How many classes a network's output has a value for, C of (B, C): a target may be 0 to C - 1.
   *
   * @return empty for a loss over values, and for an output of another shape
   * @throws dev.headroom.op.UnsupportedOperatorException if an operator has no rule
   */
  public static OptionalLong classes(Graph graph, Recipe recipe) {
    return classes(recipe, batch -> output(graph, batch));
  }

  /** As above, for a network whose output somebody else finds out. */
  public static OptionalLong classes(Recipe recipe, LongFunction<TensorType> outputs) {
    if (!recipe.loss().isOverClasses()) {
      return OptionalLong.empty();
    }
    TensorType output = outputs.apply(SMALL);
    return output.rank() == 2 ? OptionalLong.of(output.size(1)) : OptionalLong.empty();
  }

  /** Rows of token numbers, (B, T); one number a sample (a length, a time step) is none. */
  private static boolean isTokens(Input input) {
    return (input.dtype() == DType.INT64 || input.dtype() == DType.INT32)
        && input.shape().size() >= 2;
  }

  /** Whether (B, V, T) comes out, as of convolutions along the time T of these tokens. */
  private static boolean channelsFirst(Input tokens, List<Dim> output) {
    Dim time = tokens.shape().get(1);
    return output.get(2).equals(time) && !output.get(1).equals(time);
  }

  /** What the network returns for a batch. */
  static TensorType output(Graph graph, long batch) {
    return Program.of(graph).output(batch, () -> onPaper(graph, batch));
  }

  private static TensorType onPaper(Graph graph, long batch) {
    PaperEngine engine = new PaperEngine(new LedgerWriter(), Backend.cpu().withOnednn(false));
    engine.setGradEnabled(false);
    GraphRunner<PaperTensor> runner = new GraphRunner<>(engine, graph);
    return PaperPass.run(engine, runner, graph, batch).type();
  }

  /** As one writes it: {@code int64[B, 128]}. */
  @Override
  public String toString() {
    return dtype + shape.toString();
  }

  private static <T> T call(Engine<T> engine, Recipe recipe, T out, T y) {
    String op = recipe.loss().op();
    double smoothing = recipe.extras().labelSmoothing();
    return smoothing == 0
        ? engine.call(op, out, y).getFirst()
        : engine.call(op, out, y, null, MEAN, IGNORE_INDEX, smoothing).getFirst();
  }

  /**
   * The loss of an output, as one writes it in Python: {@code F.cross_entropy(out, y)}, for tokens
   * {@code F.cross_entropy(out.view(-1, V), y.view(-1))}.
   *
   * @return an owned scalar
   */
  <T> T loss(Engine<T> engine, Recipe recipe, T out, T y) {
    if (!rows) {
      return call(engine, recipe, out, y);
    }
    long classes = engine.type(out).size(-1);
    T outRows = engine.call("aten.view.default", out, List.of(-1L, classes)).getFirst();
    T targets = engine.call("aten.view.default", y, List.of(-1L)).getFirst();
    T result = call(engine, recipe, outRows, targets);
    engine.release(outRows);
    engine.release(targets);
    return result;
  }
}
