package dev.headroom.torch;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Recording;
import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.loop.GraphRunner;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.plan.KernelScratch;
import dev.headroom.plan.LedgerSource;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;

/**
 * Runs the training loop for real at two small batches, recording every allocation, and extends
 * what it saw to any batch. Weights and samples are zeros ({@link SampleValues}): bytes do not
 * depend on them. Included is all that libtorch's CPU allocator gives, kernels' scratch too; not
 * what oneDNN and BLAS take from the C library themselves.
 *
 * <p>The batches are 2 and 4; 16 and 18 where PyTorch has other kernels for convolutions from 16 on
 * and such a batch is asked for. If the two differ in what they do, since some algorithm was chosen
 * by the batch, it is recorded again at 4 and 8, then at 8 and 16. oneDNN's recurrent layers round
 * their scratch up to whole pages, so their bytes lie on a line only for batches that are a
 * multiple of 64 apart, and from batch 128 on they work in another way. Such networks are recorded
 * at the batch itself below 128, and between 128 and 255 above, for each remainder asked for.
 */
public final class RecordedTraining implements LedgerSource {
  private static final long SMALLEST = 2;

  /** By how much the batches of further recordings are larger. */
  private static final List<Long> LARGER = List.of(2L, 6L, 14L);

  /** From this batch on, oneDNN's recurrent layers no longer merge their matrix products. */
  private static final long MERGED = 128;

  /** Apart by this many samples, every row of at least 16 float32 values fills whole pages. */
  private static final long PAGES = 64;

  private final Graph graph;
  private final Recipe recipe;
  private final Backend backend;
  private final Target target;
  private final boolean byRemainder;
  private final boolean byKernel;
  private final Map<List<Long>, Recording> recordings = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * Prepares recordings; nothing runs before the first ledger is asked for, but for a network with
   * an operator that no rule is known for: its output is found out by running it.
   *
   * @param backend the CPU, with or without oneDNN
   * @throws EngineUnavailableException if libtorch cannot run here
   */
  public RecordedTraining(Graph graph, Recipe recipe, Backend backend) {
    this.graph = graph;
    this.recipe = recipe;
    this.backend = backend;
    this.target = target(graph, recipe);
    this.byRemainder = KernelScratch.recurs(graph);
    this.byKernel = KernelScratch.dependsOnBatch(graph, backend);
    if (recipe.precision() != Precision.FP32 && backend.onednn()) {
      notes.add(
          "scratch of oneDNN's products in "
              + recipe.precision().label()
              + ", some KiB a call, is taken to grow evenly with the batch; on processors with"
              + " units for it, it grows in steps");
    }
  }

  /**
   * The ledger at other batches than those recorded.
   *
   * @throws RecordingMismatchException if even the largest recordings differ in what they do
   * @throws TorchException if libtorch refuses a call
   */
  @Override
  public Ledger ledger(List<Long> batches, long validationBatch) {
    if (graph.ownBatch().isPresent()) {
      long own = graph.ownBatch().getAsLong();
      List<Long> same = Collections.nCopies(batches.size(), own);
      return ledger(graph, recipe, target, same, validationBatch > 0 ? own : 0, backend);
    }
    // A last iteration of another batch is recorded with another batch too.
    List<Long> key = new ArrayList<>();
    for (long batch : batches) {
      long other = byRemainder || batch == batches.getFirst() ? 0 : 1;
      key.add(near(batch) + other);
    }
    key.add(validationBatch == 0 ? 0 : near(validationBatch));
    Recording recording = recordings.get(key);
    if (recording == null) {
      recording = byRemainder ? byRemainder(key) : small(key);
      recordings.put(key, recording);
    }
    return recording.ledger(batches, validationBatch);
  }

  /** At batches as they are named first, then at larger ones. */
  private Recording small(List<Long> key) {
    Recording.Run first = run(key, 0);
    for (int i = 0; ; i++) {
      Recording.Run second = run(key, LARGER.get(i));
      try {
        return straight(Recording.of(first, second), key, 2 * LARGER.get(i));
      } catch (RecordingMismatchException e) {
        if (e.isUneven() || i + 1 == LARGER.size()) {
          throw e;
        }
        notes.add(e.getMessage() + ". Recorded again at larger batches.");
        first = second;
      }
    }
  }

  /** A recording that a third one agrees with, where two alone could mislead. */
  private Recording straight(Recording recording, List<Long> key, long larger) {
    if (recording.mayCurve()) {
      recording.check(run(key, larger));
    }
    return recording;
  }

  private Recording byRemainder(List<Long> near) {
    List<Long> far = near.stream().map(b -> b < MERGED ? b : b + PAGES).toList();
    return Recording.of(run(near, 0), run(far, 0));
  }

  /** The smallest batch that does what this one does. */
  private long near(long batch) {
    if (byRemainder) {
      return batch < MERGED ? batch : MERGED + batch % PAGES;
    }
    return byKernel && batch >= KernelScratch.ONEDNN_BATCH ? KernelScratch.ONEDNN_BATCH : SMALLEST;
  }

  /** Iterations, then validation unless its batch is 0. */
  private Recording.Run run(List<Long> key, long larger) {
    List<Long> all = key.stream().map(b -> b == 0 ? b : Long.valueOf(b + larger)).toList();
    List<Long> batches = all.subList(0, all.size() - 1);
    return new Recording.Run(
        ledger(graph, recipe, target, batches, all.getLast(), backend), batches, all.getLast());
  }

  /**
   * What libtorch allocates in a training loop, run for real on zeros.
   *
   * @param batches size of the micro-batches of each iteration
   * @param validationBatch size of a validation batch after the last iteration, 0 for none
   */
  public static Ledger ledger(
      Graph graph, Recipe recipe, List<Long> batches, long validationBatch, Backend backend) {
    return ledger(graph, recipe, target(graph, recipe), batches, validationBatch, backend);
  }

  private static Ledger ledger(
      Graph graph,
      Recipe recipe,
      Target target,
      List<Long> batches,
      long validationBatch,
      Backend backend) {
    try (TorchEngine engine = new TorchEngine(backend, 0);
        TrainingLoop<Tensor> loop =
            new TrainingLoop<>(engine, graph, recipe, target, (input, t) -> SampleValues.zero(t))) {
      SampleValues samples = SampleValues.zeros(graph);
      for (long batch : batches) {
        loop.iterate(batch, samples);
      }
      if (validationBatch > 0) {
        loop.validate(validationBatch, samples, (output, labels) -> {});
      }
      return engine.recorded().ledger();
    }
  }

  /** By rule where every operator has one, else by running the network. */
  private static Target target(Graph graph, Recipe recipe) {
    try {
      return Target.of(graph, recipe);
    } catch (UnsupportedOperatorException e) {
      return Target.of(graph, recipe, batch -> output(graph, batch));
    }
  }

  private static TensorType output(Graph graph, long batch) {
    try (TorchEngine engine = new TorchEngine(1, 0)) {
      engine.setGradEnabled(false);
      GraphRunner<Tensor> runner = new GraphRunner<>(engine, graph);
      SampleValues samples = SampleValues.zeros(graph);
      List<Tensor> inputs = new ArrayList<>();
      List<Tensor> all = new ArrayList<>();
      for (Input input : graph.inputs()) {
        Tensor tensor = engine.empty(input.type(batch), Category.TEMPORARY);
        all.add(tensor);
        if (input.kind() == Input.Kind.USER) {
          samples.fill(input, tensor);
          inputs.add(tensor);
        } else {
          SampleValues.zero(tensor);
          runner.bind(input.name(), tensor);
        }
      }
      Tensor output = runner.run(inputs);
      TensorType type = engine.type(output);
      engine.release(output);
      all.forEach(engine::release);
      engine.setGradEnabled(true);
      return type;
    }
  }

  @Override
  public String label() {
    return "recorded";
  }

  /** What the loss holds the output against. */
  public Target target() {
    return target;
  }

  /** How many classes the output has a value for, as {@link Target#classes} says. */
  public OptionalLong classes() {
    try {
      return Target.classes(graph, recipe);
    } catch (UnsupportedOperatorException e) {
      return Target.classes(recipe, batch -> output(graph, batch));
    }
  }

  /** What happened while recording that the user should know, in words. */
  public List<String> notes() {
    return List.copyOf(notes);
  }
}
