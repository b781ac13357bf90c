package dev.headroom.loop;

import dev.headroom.effect.NoiseProbe;
import dev.headroom.engine.Engine;
import dev.headroom.ledger.Category;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Takes probes of the gradient noise between two steps: several small batches at the same weights,
 * and their mean as the large one. Weights and optimizer state stay as they are. At its peak it
 * holds one copy of the gradients more than backward on a small batch does; run on paper it writes
 * just that into the ledger. When the recipe accumulates, all norms are those of the divided loss,
 * which leaves the scale, a ratio, as it is.
 *
 * @param <T> handle to a tensor
 */
public final class GradientNoise<T> {
  private final Engine<T> engine;
  private final TrainingLoop<T> loop;
  private final ToDoubleFunction<T> scalar;

  /**
   * One probe, and the same for the parameters of each module.
   *
   * @param all over all parameters
   * @param byModule by the module's path, in registration order
   */
  public record Measured(NoiseProbe all, Map<String, NoiseProbe> byModule) {}

  /**
   * Prepares probes of a loop.
   *
   * @param scalar value of a tensor with one element; anything on paper
   */
  public GradientNoise(Engine<T> engine, TrainingLoop<T> loop, ToDoubleFunction<T> scalar) {
    this.engine = engine;
    this.loop = loop;
    this.scalar = scalar;
  }

  /**
   * Takes a probe.
   *
   * @param small examples in a small batch
   * @param count small batches, at least 2
   * @param fill gives each of them, independently drawn
   */
  public Measured measure(long small, int count, TrainingLoop.Fill<T> fill) {
    double[] smallSquared = new double[loop.parameters().size()];
    List<T> sums = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      loop.gradients(
          small,
          fill,
          grads -> {
            for (int p = 0; p < grads.size(); p++) {
              smallSquared[p] += squaredNorm(grads.get(p)) / count;
              if (sums.size() <= p) {
                T first = engine.call("aten.clone.default", grads.get(p)).getFirst();
                engine.tag(first, Category.GRADIENT);
                sums.add(first);
              } else {
                engine.call("aten.add_.Tensor", sums.get(p), grads.get(p)).forEach(engine::release);
              }
            }
          });
    }
    double[] largeSquared = new double[sums.size()];
    for (int p = 0; p < largeSquared.length; p++) {
      largeSquared[p] = squaredNorm(sums.get(p)) / ((double) count * count);
    }
    sums.forEach(engine::release);
    return measured(small, count, smallSquared, largeSquared);
  }

  private double squaredNorm(T tensor) {
    T norm = engine.call("aten.linalg_vector_norm.default", tensor, 2.0).getFirst();
    double value = scalar.applyAsDouble(norm);
    engine.release(norm);
    return value * value;
  }

  private Measured measured(long small, int count, double[] smallSquared, double[] largeSquared) {
    Map<String, double[]> modules = new LinkedHashMap<>();
    double[] all = new double[2];
    int p = 0;
    for (String path : loop.parameters().keySet()) {
      String module = path.substring(0, Math.max(0, path.lastIndexOf('.')));
      double[] sum = modules.computeIfAbsent(module, m -> new double[2]);
      sum[0] += smallSquared[p];
      sum[1] += largeSquared[p];
      all[0] += smallSquared[p];
      all[1] += largeSquared[p];
      p++;
    }
    Map<String, NoiseProbe> byModule = new LinkedHashMap<>();
    modules.forEach((module, sums) -> byModule.put(module, probe(small, count, sums)));
    return new Measured(probe(small, count, all), byModule);
  }

  private NoiseProbe probe(long small, int count, double[] squared) {
    return new NoiseProbe(loop.iterations(), small, small * count, squared[0], squared[1]);
  }
}
