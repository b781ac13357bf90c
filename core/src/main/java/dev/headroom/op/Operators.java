package dev.headroom.op;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The registry: every overload that a rule is known for, found by name. */
public final class Operators {
  private static final Map<String, Registry.Entry> ENTRIES = families();

  private Operators() {}

  private static Map<String, Registry.Entry> families() {
    Registry registry = new Registry();
    Activations.register(registry);
    Arithmetic.register(registry);
    Attention.register(registry);
    BinaryCrossEntropy.register(registry);
    Cells.register(registry);
    Comparisons.register(registry);
    ComplexNumbers.register(registry);
    ComposedLosses.register(registry);
    ComposedProducts.register(registry);
    Convolution.register(registry);
    Diagonals.register(registry);
    Copies.register(registry);
    Distances.register(registry);
    Dropout.register(registry);
    Einsum.register(registry);
    Elementwise.register(registry);
    Embedding.register(registry);
    EmbeddingBag.register(registry);
    Exported.register(registry);
    Extremes.register(registry);
    Factorizations.register(registry);
    Factories.register(registry);
    Factory.register(registry);
    Folds.register(registry);
    Foreach.register(registry);
    FourierTransforms.register(registry);
    FractionalPooling.register(registry);
    Fused.register(registry);
    Gated.register(registry);
    GroupNorm.register(registry);
    IndexWriting.register(registry);
    Indexing.register(registry);
    InstanceNorm.register(registry);
    Joining.register(registry);
    Linear.register(registry);
    LinearSolves.register(registry);
    Losses.register(registry);
    MarginLosses.register(registry);
    MaskSelection.register(registry);
    Matmul.register(registry);
    MaxMin.register(registry);
    Multinomial.register(registry);
    NanReductions.register(registry);
    Noise.register(registry);
    Normalization.register(registry);
    NormalDraws.register(registry);
    Norms.register(registry);
    OrderStatistics.register(registry);
    Padding.register(registry);
    PairDistances.register(registry);
    PartWriting.register(registry);
    Pooling.register(registry);
    Power.register(registry);
    Products.register(registry);
    Quotients.register(registry);
    Rearranging.register(registry);
    Recurrent.register(registry);
    Reduction.register(registry);
    Resampling.register(registry);
    Running.register(registry);
    Sampling.register(registry);
    ScaledProducts.register(registry);
    ScatterReduce.register(registry);
    Softmax.register(registry);
    SpecialFunctions.register(registry);
    Stacking.register(registry);
    Statistics.register(registry);
    StridedViews.register(registry);
    TensorLimits.register(registry);
    Tensordot.register(registry);
    Turns.register(registry);
    Unary.register(registry);
    Unpooling.register(registry);
    Views.register(registry);
    WeightNorm.register(registry);
    Where.register(registry);
    Windows.register(registry);
    return registry.entries();
  }

  /**
   * The rule of an overload.
   *
   * @throws UnsupportedOperatorException if there is none
   */
  public static Rule rule(String op) {
    return entry(op).rule;
  }

  /** The signature of an overload, with defaults; null if no rule is known. */
  public static @Nullable Schema schema(String op) {
    Registry.Entry entry = ENTRIES.get(op);
    return entry == null ? null : entry.schema();
  }

  private static Registry.Entry entry(String op) {
    Registry.Entry entry = ENTRIES.get(op);
    if (entry == null) {
      throw new UnsupportedOperatorException(op);
    }
    return entry;
  }

  /** All overloads with a rule, sorted. */
  public static Set<String> supported() {
    return new TreeSet<>(ENTRIES.keySet());
  }
}
