package dev.headroom.app.fit;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.loop.Target;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Recipe;
import dev.headroom.torch.BlasBuffers;
import dev.headroom.torch.SampleValues;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.TorchException;
import dev.headroom.torch.TorchOutOfMemoryException;
import dev.headroom.torch.Values;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a probe's process does: one tiny run, after which everything that is not training is there;
 * then a hard limit of the budget on top of that; then the real run at the batch in question.
 */
public final class ProbeTraining {
  private static final int ITERATIONS = 2;
  private static final long TINY = 2;

  private final Graph graph;
  private final Recipe recipe;
  private final Backend backend;
  private final ProbeLimit limit;

  /** Prepares probes on a CPU or a GPU. */
  public ProbeTraining(Graph graph, Recipe recipe, Backend backend) {
    this.graph = graph;
    this.recipe = recipe;
    this.backend = backend;
    this.limit = backend.isCuda() ? new CudaLimit() : new DataLimit();
  }

  /**
   * Tries a batch.
   *
   * @param batch micro-batch
   * @param partial size of a pass's last batch, 0 if there is none
   * @param validation size of a validation batch, 0 for none
   * @param budgetBytes what training may take on top of the idle process
   * @return what {@link ProbeRunner} reads
   * @throws TorchException if even the tiny run fails
   */
  public Map<String, Object> run(long batch, long partial, long validation, long budgetBytes)
      throws IOException {
    try (TorchEngine engine = new TorchEngine(backend, 0)) {
      // Not before the engine: it may have to load what the limit is made with.
      limit.lift();
      if (!backend.isCuda()) {
        BlasBuffers.take();
      }
      train(engine, TINY, 1, validation > 0 ? 1 : 0);
    }
    limit.impose(budgetBytes);
    Map<String, Object> out = new LinkedHashMap<>();
    try (TorchEngine engine = new TorchEngine(backend, 0)) {
      train(engine, batch, partial, validation);
      out.putAll(limit.taken(engine.recorded().ledger(), validation > 0));
      out.put("outcome", Probe.Outcome.FITS);
    } catch (TorchOutOfMemoryException e) {
      out.put("outcome", Probe.Outcome.OUT_OF_MEMORY);
      out.put("message", e.getMessage());
    } catch (TorchException e) {
      // oneDNN does not say why; but the tiny run has shown that it can create all of them.
      boolean memory = String.valueOf(e.getMessage()).contains("could not create a primitive");
      out.put("outcome", memory ? Probe.Outcome.OUT_OF_MEMORY : Probe.Outcome.ERROR);
      out.put("message", e.getMessage());
    }
    return out;
  }

  private void train(TorchEngine engine, long batch, long partial, long validation) {
    Target target = Target.of(graph, recipe);
    TrainingLoop.Fill<Tensor> samples = backend.isCuda() ? this::zeros : SampleValues.zeros(graph);
    try (TrainingLoop<Tensor> loop =
        new TrainingLoop<>(
            engine, graph, recipe, target, (input, tensor) -> zero(tensor), backend.isCuda())) {
      for (int i = 0; i < ITERATIONS; i++) {
        loop.iterate(batch, samples);
      }
      if (partial > 0) {
        loop.iterate(partial, samples);
        if (backend.isCuda()) {
          // A caching allocator may need more for a batch after another one than for the first.
          loop.iterate(batch, samples);
        }
      }
      if (validation > 0) {
        loop.validate(validation, samples, (output, labels) -> {});
      }
    }
  }

  /** On a GPU all are zeros, which are valid everywhere. */
  private void zeros(List<Tensor> x, Tensor y) {
    x.forEach(this::zero);
    zero(y);
  }

  /** Writing touches every page: memory that is only promised proves nothing. */
  private void zero(Tensor tensor) {
    if (backend.isCuda()) {
      Values.fillWithZeros(tensor);
    } else {
      Values.memory(tensor).fill((byte) 0);
    }
  }
}
