package dev.headroom.paper;

import dev.headroom.op.Gradients;
import dev.headroom.op.Operators;
import dev.headroom.op.Schema;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * torch.autocast ({@code aten/src/ATen/autocast_mode.cpp}): tensors are cast in front of a call by
 * the operator's policy; casts of trained weights are kept until autocast ends.
 */
final class Autocast {
  final DType lower;
  private final Map<PaperTensor, PaperTensor> cache = new LinkedHashMap<>();
  private boolean off;

  Autocast(DType lower) {
    this.lower = lower;
  }

  List<PaperTensor> call(PaperEngine engine, String name, @Nullable Object[] args) {
    DType target =
        switch (CastPolicy.of(name, engine.backend())) {
          case LOWER -> lower;
          case FP32 -> DType.FLOAT32;
          case PROMOTE -> widest(args);
          case RESULT_FP32 -> {
            args = askingForFp32(name, args);
            yield null;
          }
          case APPEND_FP32 -> {
            // norm.Scalar is called as norm.ScalarOpt_dtype, norm.ScalarOpt_dim with its ending.
            args = Arrays.copyOf(args, args.length + 1);
            args[args.length - 1] = resultType(args);
            name = name.replace(".Scalar", ".ScalarOpt").replace("OptOpt", "Opt") + "_dtype";
            yield null;
          }
          case REFUSED ->
              throw new UnsupportedOperatorException(
                  name,
                  "under autocast on CUDA, where PyTorch refuses it: leave the sigmoid to"
                      + " binary_cross_entropy_with_logits");
          case NONE -> null;
        };
    if (target == null) {
      return Operators.rule(name).call(engine, new Args(name, args));
    }
    @Nullable Object[] cast = new Object[args.length];
    List<PaperTensor> owned = new ArrayList<>();
    // The C++ compiler evaluates the arguments of the wrapped call from the last to the first.
    for (int i = args.length - 1; i >= 0; i--) {
      cast[i] =
          switch (args[i]) {
            case PaperTensor t -> cast(engine, t, target, owned);
            case List<?> list -> list(engine, list, target, owned);
            case null, default -> args[i];
          };
    }
    off = true;
    List<PaperTensor> results = Operators.rule(name).call(engine, new Args(name, cast));
    off = false;
    for (int i = owned.size() - 1; i >= 0; i--) {
      engine.release(owned.get(i));
    }
    return results;
  }

  /**
   * {@code fp32_set_opt_dtype}: the argument {@code dtype}, unless it is given or the input is as
   * precise already.
   */
  private static @Nullable Object[] askingForFp32(String name, @Nullable Object[] args) {
    Schema schema = Operators.schema(name);
    int dtype = schema == null ? -1 : schema.index("dtype");
    boolean reduced =
        args[0] instanceof PaperTensor t
            && t.type.dtype().isFloating()
            && t.type.dtype().bytes() == 2;
    if (dtype < 0 || !reduced || (dtype < args.length && args[dtype] != null)) {
      return args;
    }
    @Nullable Object[] longer = Arrays.copyOf(args, Math.max(args.length, dtype + 1));
    longer[dtype] = DType.FLOAT32;
    return longer;
  }

  /** {@code type_from_firstarg}: float32, but for what is more precise. */
  private static DType resultType(@Nullable Object[] args) {
    return args[0] instanceof PaperTensor t && t.type.dtype().bytes() > 2
        ? t.type.dtype()
        : DType.FLOAT32;
  }

  /** See {@link PaperEngine#underAutocast}; a cast of one tensor to one type. */
  PaperTensor within(PaperEngine engine, String inner, PaperTensor tensor) {
    boolean casts = !off && CastPolicy.of(inner, engine.backend()) == CastPolicy.FP32;
    boolean reduced = tensor.type.dtype().isFloating() && tensor.type.dtype().bytes() == 2;
    return casts && reduced ? Gradients.cast(engine, tensor, DType.FLOAT32) : engine.retain(tensor);
  }

  private List<Object> list(
      PaperEngine engine, List<?> items, DType target, List<PaperTensor> owned) {
    List<Object> out = new ArrayList<>(items.size());
    for (Object item : items) {
      out.add(item instanceof PaperTensor t ? cast(engine, t, target, owned) : item);
    }
    return out;
  }

  private PaperTensor cast(
      PaperEngine engine, PaperTensor tensor, DType target, List<PaperTensor> owned) {
    DType from = tensor.type.dtype();
    if (!from.isFloating() || from == DType.FLOAT64 || from == target) {
      return tensor;
    }
    boolean keep = target == lower && from == DType.FLOAT32 && tensor.isTrainedLeaf();
    PaperTensor known = keep ? cache.get(tensor) : null;
    if (known != null) {
      return known;
    }
    PaperTensor made = Gradients.cast(engine, tensor, target);
    if (keep) {
      cache.put(tensor, made);
    } else {
      owned.add(made);
    }
    return made;
  }

  /** The widest floating type among the tensors: float32 as soon as one has it. */
  private DType widest(@Nullable Object[] args) {
    DType widest = lower;
    for (Object arg : args) {
      List<?> items = arg instanceof List<?> list ? list : arg == null ? List.of() : List.of(arg);
      for (Object item : items) {
        if (item instanceof PaperTensor t && t.type.dtype() == DType.FLOAT32) {
          widest = DType.FLOAT32;
        }
      }
    }
    return widest;
  }

  /**
   * Drops the casts of weights. PyTorch's map is hashed by address, so the order in which those
   * that nobody saved are freed is not fixed; here it is the order in which they were made.
   */
  void dropCache(PaperEngine engine) {
    cache.values().forEach(engine::release);
    cache.clear();
  }
}
