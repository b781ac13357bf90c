package dev.headroom.torch.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.engine.Engine;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.ledger.Timeline;
import dev.headroom.paper.PaperEngine;
import dev.headroom.tensor.TensorType;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Runs one operator on paper and on libtorch: types, every event and saved bytes must be equal. */
final class Differential {
  /** What follows the operator. */
  enum Mode {
    /** The loss is a sum: the gradient that arrives has stride 0. */
    SUM,
    /** The loss is a mean: the gradient that arrives is dense. */
    MEAN,
    /** Validation: nothing is recorded for backward. */
    NO_GRAD
  }

  /** What one engine did. */
  record Outcome(List<String> types, List<String> events, long savedBytes) {}

  private Differential() {}

  /** Asserts that both engines agree, after each of the three continuations. */
  static void check(OpCase c) {
    check(c, Backend.cpu());
  }

  /** The same with or without oneDNN. */
  static void check(OpCase c, Backend backend) {
    for (Mode mode : Mode.values()) {
      Outcome torch = onTorch(c, mode, backend);
      Outcome paper = onPaper(c, mode, backend);
      assertThat(paper.types()).as("types, " + mode).isEqualTo(torch.types());
      assertThat(paper.events()).as("events, " + mode).isEqualTo(torch.events());
      assertThat(paper.savedBytes()).as("saved bytes, " + mode).isEqualTo(torch.savedBytes());
    }
  }

  static Outcome onPaper(OpCase c, Mode mode, Backend backend) {
    LedgerWriter writer = new LedgerWriter();
    List<String> types = run(new PaperEngine(writer, backend), c, mode, (s, t) -> {});
    return outcome(types, writer.ledger());
  }

  static Outcome onTorch(OpCase c, Mode mode, Backend backend) {
    try (TorchEngine engine = new TorchEngine(backend, 1)) {
      SplittableRandom random = new SplittableRandom(1);
      List<String> types = run(engine, c, mode, (s, t) -> fill(s, t, random));
      assertThat(engine.liveHandles()).isZero();
      return outcome(types, engine.recorded().ledger());
    }
  }

  private static Outcome outcome(List<String> types, Ledger ledger) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      if (ledger.span(i).phase() != Phase.SETUP) {
        events.add(ledger.span(i).phase() + " " + ledger.delta(i));
      }
    }
    return new Outcome(types, events, new Timeline(ledger).bytes(Category.ACTIVATION));
  }

  private static <T> List<String> run(
      Engine<T> e, OpCase c, Mode mode, BiConsumer<Sample, T> fill) {
    List<T> leaves = new ArrayList<>();
    List<T> wanting = new ArrayList<>();
    e.phase(0, Phase.SETUP);
    List<@Nullable Object> args = new ArrayList<>();
    for (Object arg : c.args()) {
      args.add(leaf(e, arg, mode, fill, leaves, wanting));
    }
    @Nullable T loss = null;
    e.setGradEnabled(mode != Mode.NO_GRAD);
    e.phase(1, Phase.FORWARD);
    List<T> made = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      args.set(i, prepared(e, c.args().get(i), args.get(i), made));
    }
    List<T> results = e.call(c.op(), args.toArray());
    List<String> types = new ArrayList<>();
    for (T result : results) {
      types.add(text(e.type(result)));
    }
    made.forEach(e::release);
    if (mode == Mode.NO_GRAD || c.losses().isEmpty()) {
      results.forEach(e::release);
    } else {
      e.phase(1, Phase.LOSS);
      for (int i = 0; i < results.size(); i++) {
        if (c.losses().contains(i)) {
          String op = mode == Mode.SUM ? "aten.sum.default" : "aten.mean.default";
          T part = e.call(op, results.get(i)).getFirst();
          if (loss != null) {
            T both = e.call("aten.mul.Tensor", loss, part).getFirst();
            e.release(loss);
            e.release(part);
            part = both;
          }
          loss = part;
        }
        e.release(results.get(i));
      }
      e.phase(1, Phase.BACKWARD);
      e.backward(loss);
      for (T leaf : wanting) {
        T grad = e.grad(leaf);
        types.add(grad == null ? "no gradient" : "gradient " + text(e.type(grad)));
        if (grad != null) {
          e.tag(grad, Category.GRADIENT);
          e.release(grad);
        }
      }
    }
    e.phase(1, Phase.SETUP);
    if (loss != null) {
      e.release(loss);
    }
    for (T leaf : leaves) {
      e.clearGrad(leaf);
      e.release(leaf);
    }
    e.setGradEnabled(true);
    return types;
  }

  private static String text(TensorType type) {
    return type + " strides " + type.strides();
  }

  private static <T> @Nullable Object leaf(
      Engine<T> e,
      @Nullable Object arg,
      Mode mode,
      BiConsumer<Sample, T> fill,
      List<T> leaves,
      List<T> wanting) {
    if (arg instanceof List<?> list) {
      List<@Nullable Object> out = new ArrayList<>();
      for (Object item : list) {
        out.add(leaf(e, item, mode, fill, leaves, wanting));
      }
      return out;
    }
    if (!(arg instanceof Sample s)) {
      return arg;
    }
    T tensor = e.empty(s.type(), s.grad() ? Category.PARAMETER : Category.INPUT);
    leaves.add(tensor);
    fill.accept(s, tensor);
    if (s.grad()) {
      e.requireGrad(tensor);
      wanting.add(tensor);
    }
    return tensor;
  }

  @SuppressWarnings("unchecked") // a Sample became a tensor of this engine
  private static <T> @Nullable Object prepared(
      Engine<T> e, @Nullable Object arg, @Nullable Object value, List<T> made) {
    if (arg instanceof List<?> list && value instanceof List<?> values) {
      List<@Nullable Object> out = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        out.add(prepared(e, list.get(i), values.get(i), made));
      }
      return out;
    }
    if (!(arg instanceof Sample s)) {
      return value;
    }
    // A copy, which dies after the call unless the operator keeps it for backward.
    T tensor = e.call("aten.clone.default", (T) value).getFirst();
    made.add(tensor);
    if (s.narrow()) {
      long size = e.type(tensor).size(-1);
      tensor = e.call("aten.slice.Tensor", tensor, -1L, 0L, size / 2, 1L).getFirst();
      made.add(tensor);
    }
    if (!s.swap().isEmpty()) {
      tensor = e.call("aten.transpose.int", tensor, s.swap().get(0), s.swap().get(1)).getFirst();
      made.add(tensor);
    }
    return tensor;
  }

  private static void fill(Sample s, Tensor tensor, SplittableRandom random) {
    MemorySegment memory = Values.memory(tensor);
    long n = s.type().elements();
    for (long i = 0; i < n; i++) {
      long value = s.values().isEmpty() ? 0 : s.values().get((int) (i % s.values().size()));
      switch (s.type().dtype()) {
        case FLOAT32 ->
            memory.setAtIndex(
                ValueLayout.JAVA_FLOAT,
                i,
                s.values().isEmpty() ? (float) random.nextDouble(0.1, 0.9) : (float) value);
        case FLOAT64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, i, random.nextDouble(0.1, 0.9));
        case INT64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, i, value);
        case INT32 -> memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
        case BOOL ->
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (s.values().isEmpty() ? i % 2 : value));
        default ->
            memory.asSlice(i * s.type().dtype().bytes(), s.type().dtype().bytes()).fill((byte) 0);
      }
    }
  }
}
