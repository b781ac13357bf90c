package dev.headroom.torch;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A checkpointed region that really runs, as {@code torch/utils/checkpoint.py} does with {@code
 * use_reentrant=False}. Autograd keeps nothing of what it saves inside but a place. When backward
 * wants the first place filled, the region runs again, from the same state of the random generator
 * and under the same autocast, until the last place is filled; the call that fills it is broken off
 * there, and what follows is not computed.
 */
final class Recomputation {
  /** Ends the call that makes the last save; libtorch carries it as a C++ exception. */
  private static final class Complete extends RuntimeException {
    Complete() {
      super("all that was saved is computed again", null, false, false);
    }
  }

  private final TorchEngine engine;
  private final Function<List<Tensor>, List<Tensor>> body;
  private final List<Tensor> inputs = new ArrayList<>();
  private final Tensor rngState;
  private final @Nullable DType autocast;

  /** What autograd saved, by place, once it is computed again; null where it was handed out. */
  private final List<@Nullable Tensor> again = new ArrayList<>();

  /** Whether the first run is over: only then can all that was saved be gone for good. */
  private boolean ran;

  private boolean recomputed;
  private int saves;
  private int alive;

  Recomputation(
      TorchEngine engine,
      List<Tensor> inputs,
      @Nullable DType autocast,
      Function<List<Tensor>, List<Tensor>> body) {
    this.engine = engine;
    this.body = body;
    this.autocast = autocast;
    rngState = engine.rngState();
    inputs.forEach(input -> this.inputs.add(new Tensor(input)));
  }

  List<Tensor> runFirst() {
    Supplier<? extends SavedTensorHooks.Saved> before = SavedTensorHooks.install(Place::new);
    try {
      return body.apply(inputs);
    } finally {
      SavedTensorHooks.install(before);
      ran = true;
      if (alive == 0) {
        letGo();
      }
    }
  }

  /** Whether a call that failed did so because nothing more is needed. */
  boolean isComplete() {
    return recomputed || again.size() == saves;
  }

  private void recompute() {
    Supplier<? extends SavedTensorHooks.Saved> before = SavedTensorHooks.install(Again::new);
    boolean gradients = GradMode.is_enabled();
    GradMode.set_enabled(true);
    Tensor now = engine.rngState();
    try {
      RandomState.set(rngState);
      if (autocast != null) {
        engine.setAutocast(autocast);
      }
      engine.recompute(this);
      body.apply(inputs).forEach(engine::release);
      if (again.size() != saves) {
        throw new TorchException(
            "a checkpointed block saved "
                + saves
                + " tensors for backward, but "
                + again.size()
                + " when it ran again: it must compute the same twice");
      }
    } finally {
      recomputed = true;
      engine.recompute(null);
      if (autocast != null) {
        engine.setAutocast(null);
      }
      RandomState.set(now);
      now.close();
      GradMode.set_enabled(gradients);
      SavedTensorHooks.install(before);
    }
  }

  private void letGo() {
    rngState.close();
    inputs.forEach(Tensor::close);
    inputs.clear();
  }

  /** Stands for a tensor that autograd saved when the region ran first. */
  private final class Place implements SavedTensorHooks.Saved {
    private int index = -1;

    @Override
    public void pack(Tensor tensor) {
      index = saves++;
      alive++;
    }

    @Override
    public @Nullable Tensor unpack() {
      try {
        if (!recomputed) {
          recompute();
        }
        return index < again.size() ? again.set(index, null) : null;
      } catch (Throwable e) {
        // It cannot pass through libtorch here: backward fails for want of the tensor, then asks.
        engine.failedInBackward(e);
        return null;
      }
    }

    @Override
    public void drop() {
      if (index < 0) {
        return;
      }
      Tensor kept = index < again.size() ? again.set(index, null) : null;
      if (kept != null) {
        kept.close();
      }
      alive--;
      if (ran && alive == 0) {
        letGo();
      }
    }
  }

  /** A save when the region runs again: the graph that this builds is thrown away. */
  private final class Again implements SavedTensorHooks.Saved {
    @Override
    public void pack(Tensor tensor) {
      again.add(tensor.detach());
      if (again.size() == saves) {
        throw new Complete();
      }
    }

    @Override
    public @Nullable Tensor unpack() {
      return null;
    }

    @Override
    public void drop() {}
  }
}
