package dev.headroom.app.accuracy;

import dev.headroom.engine.Backend;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CNN of the recording {@code cnn-training}, rebuilt from what it names: the network stays as
 * it is, and Adam moves its input. Ten steps on paper.
 */
final class CnnTraining {
  /** What cuBLAS keeps for each handle: 4,096 KiB twice and 16 KiB eight times, as PyTorch asks. */
  private static final long BLAS_WORKSPACE = 8_519_680;

  static final int STEPS = 10;

  private final LedgerWriter writer = new LedgerWriter();
  private final PaperEngine engine;

  private CnnTraining(boolean workspaces) {
    engine =
        new PaperEngine(
            writer, Backend.cuda(80, BLAS_WORKSPACE, 1 << 20).withLibraryWorkspaces(workspaces));
  }

  /**
   * What the ten steps allocate and free.
   *
   * @param workspaces whether each convolution takes the most that a plan reckons with, or nothing
   */
  static Ledger ledger(boolean workspaces) {
    CnnTraining training = new CnnTraining(workspaces);
    training.train();
    return training.writer.ledger();
  }

  private void train() {
    List<PaperTensor> weights = parameters();
    // The main thread's cuBLAS handle had its workspace before recording began.
    engine.product();
    engine.phase(1, Phase.BATCH);
    TensorType image = TensorType.of(DType.FLOAT32, 1, 30, 256, 256);
    PaperTensor original = engine.empty(image, Category.INPUT);
    PaperTensor x = engine.empty(image, Category.INPUT);
    engine.requireGrad(x);
    PaperTensor target = engine.constant(TensorType.of(DType.FLOAT32, 1, 1));
    PaperTensor out = null;
    PaperTensor loss = null;
    PaperTensor distance = null;
    PaperTensor error = null;
    List<PaperTensor> state = new ArrayList<>();
    for (int step = 1; step <= STEPS; step++) {
      engine.phase(step, Phase.FORWARD);
      engine.clearGrad(x);
      out = replace(out, network(x, weights));
      PaperTensor far = squaredDistance(x, original);
      PaperTensor wrong = squared(one("aten.sub.Tensor", out, target));
      loss = replace(loss, one("aten.sub.Tensor", far, wrong));
      engine.release(wrong);
      engine.release(far);
      engine.setGradEnabled(false);
      distance = replace(distance, squaredDistance(x, original));
      PaperTensor square = squared(one("aten.sub.Tensor", out, target));
      PaperTensor negative = one("aten.neg.default", square);
      engine.release(square);
      error = replace(error, negative);
      engine.setGradEnabled(true);
      engine.backward(loss);
      adam(x, state);
    }
    engine.clearGrad(x);
  }

  private PaperTensor squaredDistance(PaperTensor x, PaperTensor original) {
    PaperTensor difference = one("aten.sub.Tensor", x, original);
    PaperTensor square = one("aten.pow.Tensor_Scalar", difference, 2L);
    PaperTensor mean = one("aten.mean.default", square);
    engine.release(square);
    engine.release(difference);
    return mean;
  }

  /** {@code t ** 2} of something that nobody else holds. */
  private PaperTensor squared(PaperTensor owned) {
    PaperTensor square = one("aten.pow.Tensor_Scalar", owned, 2L);
    engine.release(owned);
    return square;
  }

  private void adam(PaperTensor x, List<PaperTensor> state) {
    engine.setGradEnabled(false);
    if (state.isEmpty()) {
      state.add(one("aten.zeros_like.default", x));
      state.add(one("aten.zeros_like.default", x));
    }
    List<PaperTensor> roots = engine.call("aten._foreach_sqrt.default", List.of(state.get(1)));
    roots.forEach(engine::release);
    engine.setGradEnabled(true);
  }

  private PaperTensor network(PaperTensor x, List<PaperTensor> w) {
    PaperTensor h = x;
    for (int i = 0; i < 3; i++) {
      PaperTensor convolved =
          one(
              "aten.conv2d.default",
              h,
              w.get(6 * i),
              w.get(6 * i + 1),
              List.of(1L, 1L),
              List.of(1L, 1L));
      PaperTensor active = relu(convolved);
      PaperTensor normal =
          one(
              "aten.batch_norm.default",
              active,
              w.get(6 * i + 2),
              w.get(6 * i + 3),
              w.get(6 * i + 4),
              w.get(6 * i + 5),
              true,
              0.1,
              1e-5,
              true);
      engine.release(active);
      h = pooled(i == 0 ? null : h, normal, 2);
      engine.release(normal);
    }
    PaperTensor last = pooled(null, h, 32);
    engine.release(h);
    h = one("aten.flatten.using_ints", last, 1L);
    engine.release(last);
    for (int i = 0; i < 3; i++) {
      PaperTensor dropped = one("aten.dropout.default", h, 0.5, true);
      PaperTensor product =
          one("aten.linear.default", dropped, w.get(18 + 2 * i), w.get(19 + 2 * i));
      engine.release(dropped);
      PaperTensor active = relu(product);
      engine.release(h);
      h = active;
    }
    PaperTensor out = one("aten.linear.default", h, w.get(24), w.get(25));
    engine.release(h);
    return out;
  }

  private PaperTensor pooled(@Nullable PaperTensor old, PaperTensor in, long side) {
    PaperTensor result = one("aten.max_pool2d.default", in, List.of(side, side));
    engine.releaseIfAny(old);
    return result;
  }

  private PaperTensor relu(PaperTensor owned) {
    PaperTensor result = one("aten.relu.default", owned);
    engine.release(owned);
    return result;
  }

  private List<PaperTensor> parameters() {
    List<PaperTensor> all = new ArrayList<>();
    long channels = 30;
    for (long width : new long[] {16, 32, 64}) {
      all.add(weight(width, channels, 3, 3));
      for (int i = 0; i < 5; i++) {
        all.add(weight(width));
      }
      channels = width;
    }
    for (long width : new long[] {200, 100, 20, 1}) {
      all.add(weight(width, channels));
      all.add(weight(width));
      channels = width;
    }
    return all;
  }

  private PaperTensor weight(long... shape) {
    return engine.empty(TensorType.of(DType.FLOAT32, shape), Category.PARAMETER);
  }

  private PaperTensor one(String op, @Nullable Object... args) {
    return engine.call(op, args).getFirst();
  }

  private PaperTensor replace(@Nullable PaperTensor old, PaperTensor now) {
    engine.releaseIfAny(old);
    return now;
  }
}
