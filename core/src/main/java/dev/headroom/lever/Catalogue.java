package dev.headroom.lever;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Frozen;
import dev.headroom.graph.Graph;
import dev.headroom.graph.InPlace;
import dev.headroom.graph.Input;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Lever.Price;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Extras;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** The levers that a training has: only those that would change it. */
final class Catalogue {
  private final Setting base;
  private final boolean gpu;
  private final boolean bf16;

  /**
   * Prepares it.
   *
   * @param gpu whether the training is for a GPU, with an allocator of segments
   * @param bf16 whether the device has units for bfloat16; else float16 is offered instead
   */
  Catalogue(Setting base, boolean gpu, boolean bf16) {
    this.base = base;
    this.gpu = gpu;
    this.bf16 = bf16;
  }

  /** All of them, cheapest first as far as that is known before they are planned. */
  List<Lever> levers() {
    Recipe recipe = base.recipe();
    List<Lever> out = new ArrayList<>();
    if (gpu && base.allocator().equals(AllocatorSettings.DEFAULT)) {
      String conf = "expandable_segments:True";
      out.add(
          free(
              "--alloc-conf " + conf,
              Kind.ALLOCATOR,
              "an environment variable",
              s -> s.with(AllocatorSettings.parse(conf))));
    }
    if (!recipe.setToNone()) {
      out.add(
          free(
              "--set-to-none on",
              Kind.ZERO_GRAD,
              "nothing",
              s -> s.with(s.recipe().withSetToNone(true))));
    }
    Graph inPlace = InPlace.of(base.graph());
    if (!inPlace.equals(base.graph())) {
      out.add(free("--in-place", Kind.ACTIVATION, "nothing", s -> s.with(InPlace.of(s.graph()))));
    }
    for (Form form : List.of(Form.FUSED, Form.FOR_LOOP)) {
      if (form != recipe.form() && recipe.optimizer().has(form)) {
        String cost = form == Form.FUSED ? "nothing" : calls() + " updates, one after another";
        out.add(
            free(
                "--optimizer-impl " + form.label(),
                Kind.FORM,
                cost,
                s -> s.with(s.recipe().with(form))));
      }
    }
    if (mayCheckpoint()) {
      out.add(checkpoint(Checkpoint.BLOCKS));
    }
    out.add(accumulate(2));
    if (recipe.precision() == Precision.FP32) {
      // As many bytes each: where both are as fast, the one that needs no scaled loss.
      Precision half = bf16 ? Precision.BF16 : Precision.FP16;
      out.add(
          new Lever(
              "--precision " + half.label(),
              Kind.PRECISION,
              Price.VALUES,
              bf16 ? "8 bits of mantissa in forward" : "a scaled loss (GradScaler)",
              s -> s.with(s.recipe().with(half))));
    }
    for (Optimizer optimizer : List.of(Optimizer.MOMENTUM, Optimizer.SGD)) {
      if (recipe.optimizer() != Optimizer.SGD && recipe.optimizer() != optimizer) {
        out.add(
            new Lever(
                "--optimizer " + optimizer.label(),
                Kind.OPTIMIZER,
                Price.TRAINING,
                "another optimizer to tune",
                s -> s.with(optimizer(s.recipe(), optimizer))));
      }
    }
    if (Frozen.parameterCount(base.graph()) == 0) {
      for (List<String> modules : TrainedPart.of(base.graph())) {
        out.add(
            new Lever(
                "--train-only " + String.join(",", modules),
                Kind.FREEZE,
                Price.PART,
                "the rest stays as it was",
                s -> s.with(Frozen.exceptFor(s.graph(), modules))));
      }
    }
    return out;
  }

  private static Lever free(String option, Kind kind, String cost, UnaryOperator<Setting> change) {
    return new Lever(option, kind, Price.NONE, cost, change);
  }

  /** Whether there are blocks to checkpoint that nobody checkpoints yet. */
  boolean mayCheckpoint() {
    return base.recipe().checkpoint().isNone() && !Blocks.of(base.graph()).isEmpty();
  }

  /** Some blocks computed again. */
  Lever checkpoint(Checkpoint checkpoint) {
    int all = Blocks.of(base.graph()).size();
    int some = checkpoint.blocks(base.graph()).size();
    return new Lever(
        "--checkpoint " + checkpoint.label(),
        Kind.CHECKPOINT,
        Price.TIME,
        some == all ? all + " blocks" : some + " of " + all + " blocks",
        s -> s.with(s.recipe().with(checkpoint)));
  }

  /** The same samples per step in so many times more micro-batches. */
  Lever accumulate(int times) {
    int total = Math.multiplyExact(base.recipe().accumulate(), times);
    boolean norms = base.graph().nodes().stream().anyMatch(n -> n.op().contains("batch_norm"));
    return new Lever(
        "--accumulate " + total,
        Kind.ACCUMULATE,
        norms ? Price.VALUES : Price.TIME,
        norms ? "batch norm sees micro-batches" : total + " smaller passes a step",
        s -> s.with(s.recipe().withAccumulate(total)));
  }

  private int calls() {
    return (int)
        base.graph().inputs(Input.Kind.PARAMETER).stream().filter(i -> i.tiedTo() == null).count();
  }

  /** As the command line reads it: what was not asked for follows from the optimizer. */
  private static Recipe optimizer(Recipe old, Optimizer optimizer) {
    Extras extras = old.extras();
    double decay = extras.weightDecay();
    boolean usual = decay == old.optimizer().weightDecay();
    return new Recipe(
        optimizer,
        old.form(),
        optimizer.defaultLearningRate(),
        old.accumulate(),
        old.arrival(),
        old.precision(),
        old.checkpoint(),
        old.loss(),
        old.targetShape(),
        new Extras(
            usual ? optimizer.weightDecay() : decay,
            extras.clipNorm(),
            extras.averageDecay(),
            extras.labelSmoothing()),
        old.setToNone());
  }
}
