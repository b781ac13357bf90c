package dev.headroom.paper;

import dev.headroom.ledger.Category;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A checkpointed region ({@code torch.utils.checkpoint(..., use_reentrant=False)}): nothing inside
 * is kept but its inputs and the state of the random generator. When backward first asks for a
 * saved tensor, the region runs again, under the same autocast, until the last of its saves is
 * made; what follows that is not computed.
 */
final class Recomputation {
  /** torch.get_rng_state(): the CPU generator's state, a uint8 tensor in the CPU's memory. */
  private static final TensorType RNG_STATE = TensorType.of(DType.UINT8, 5056);

  private final Function<List<PaperTensor>, List<PaperTensor>> body;
  private final List<PaperTensor> inputs = new ArrayList<>();
  private final PaperTensor rngState;
  private final @Nullable DType autocast;
  private @Nullable PaperTensor @Nullable [] again;

  /** Whether the first run is over: only then can all that was saved be gone for good. */
  private boolean ran;

  private int saves;
  private int recomputed;
  private int alive;

  Recomputation(
      PaperEngine engine,
      List<PaperTensor> inputs,
      @Nullable DType autocast,
      Function<List<PaperTensor>, List<PaperTensor>> body) {
    this.body = body;
    this.autocast = autocast;
    rngState = rngState(engine);
    for (PaperTensor input : inputs) {
      PaperTensor kept = engine.retain(input);
      this.inputs.add(kept);
      engine.tagKept(kept);
    }
  }

  /** The GPU's generator is saved into the CPU's memory too. */
  private static PaperTensor rngState(PaperEngine engine) {
    return engine.backend().isCuda()
        ? engine.constant(RNG_STATE)
        : engine.empty(RNG_STATE, Category.TEMPORARY);
  }

  List<PaperTensor> runFirst(PaperEngine engine) {
    List<PaperTensor> outputs = body.apply(inputs);
    ran = true;
    if (alive == 0) {
      letGo(engine);
    }
    return outputs;
  }

  /** A node of the region saves a tensor: only its type stays. */
  void pack(GradNode fn, PaperTensor tensor) {
    if (fn.region == null) {
      fn.region = this;
      fn.firstSave = saves;
    }
    fn.save(new PaperTensor(new Storage(-1), tensor.type));
    saves++;
    alive++;
  }

  /** The region runs again and saves a tensor: kept if somebody still wants it. */
  void repack(PaperEngine engine, PaperTensor tensor) {
    PaperTensor[] kept = again;
    if (kept != null && recomputed < kept.length) {
      kept[recomputed++] = engine.alias(tensor, tensor.type);
      if (recomputed == saves) {
        engine.mute(true);
      }
    }
  }

  /** A node is about to run backward: what it saved must exist. */
  void unpack(PaperEngine engine, GradNode fn) {
    if (again == null) {
      again = new PaperTensor[saves];
      PaperTensor now = rngState(engine);
      engine.recompute(this);
      engine.setAutocast(autocast);
      body.apply(inputs).forEach(engine::release);
      engine.mute(false);
      engine.setAutocast(null);
      engine.recompute(null);
      engine.evaluating(fn);
      engine.release(now);
    }
  }

  /** Tensors that a node unpacked go as its local variables do, the last first. */
  void dropUnpacked(PaperEngine engine, GradNode fn) {
    PaperTensor[] kept = again;
    if (kept != null) {
      for (int i = fn.firstSave + fn.savedCount() - 1; i >= fn.firstSave; i--) {
        PaperTensor tensor = kept[i];
        if (tensor != null) {
          kept[i] = null;
          engine.release(tensor);
        }
      }
    }
  }

  /** A node lets its saves go; the last one lets the region go. */
  void dropped(PaperEngine engine, GradNode fn) {
    dropUnpacked(engine, fn);
    alive -= fn.savedCount();
    if (ran && alive == 0) {
      letGo(engine);
    }
  }

  private void letGo(PaperEngine engine) {
    engine.release(rngState);
    inputs.forEach(engine::release);
    inputs.clear();
  }
}
