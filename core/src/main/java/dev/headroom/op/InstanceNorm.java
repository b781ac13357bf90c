package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Instance normalisation ({@code aten/src/ATen/native/Normalization.cpp}): batch normalisation of
 * one sample with batch times channels channels, its parameters repeated for each sample.
 */
final class InstanceNorm {
  private InstanceNorm() {}

  static void register(Registry ops) {
    ops.add(
        "instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor?"
            + " running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled)",
        InstanceNorm::instanceNorm);
  }

  private static List<PaperTensor> instanceNorm(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    List<Long> sizes = input.type().shape();
    long batch = sizes.get(0);
    List<@Nullable PaperTensor> repeated = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      PaperTensor values = a.optionalTensor(i);
      repeated.add(values == null ? null : Rearranging.repeat(p, values, List.of(batch)));
    }
    List<Long> merged = new ArrayList<>(sizes);
    merged.set(0, 1L);
    merged.set(1, batch * sizes.get(1));
    PaperTensor dense = Views.contiguous(p, input);
    PaperTensor reshaped = Views.view(p, dense, merged);
    p.release(dense);
    PaperTensor normalized =
        Normalization.batchNorm(
            p,
            reshaped,
            repeated.get(0),
            repeated.get(1),
            repeated.get(2),
            repeated.get(3),
            a.bool(5));
    for (int i = 2; i <= 3; i++) {
      PaperTensor statistics = repeated.get(i);
      if (statistics != null) {
        // Each sample moved its own copy: their mean goes back.
        PaperTensor rows = Views.view(p, statistics, List.of(batch, sizes.get(1)));
        p.release(Reduction.mean(p, rows, List.of(0L), false));
        p.release(rows);
      }
    }
    PaperTensor result = Views.view(p, normalized, sizes);
    p.release(normalized);
    p.release(reshaped);
    repeated.reversed().forEach(p::releaseIfAny);
    return List.of(result);
  }
}
