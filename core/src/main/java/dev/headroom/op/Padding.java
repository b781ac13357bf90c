package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Padding, and rearranging between channels and space. */
final class Padding {
  private Padding() {}

  static void register(Registry ops) {
    ops.add(
        "pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None)", Padding::pad);
    ops.add(
        "constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0)",
        (p, a) -> List.of(constant(p, a.tensor(0), a.integers(1))));
    for (int dims = 1; dims <= 3; dims++) {
      for (String mode : List.of("reflection", "replication")) {
        ops.add(
            mode + "_pad" + dims + "d(Tensor self, SymInt[" + 2 * dims + "] padding)",
            (p, a) -> List.of(mirrored(p, a.tensor(0), a.integers(1))));
      }
    }
    ops.add("pixel_shuffle(Tensor self, int upscale_factor)", Padding::pixelShuffle);
    ops.add("pixel_unshuffle(Tensor self, int downscale_factor)", Padding::pixelUnshuffle);
    ops.add("channel_shuffle(Tensor self, SymInt groups)", Padding::channelShuffle);
    ops.add("native_channel_shuffle(Tensor self, SymInt groups)", Padding::channelShuffle);
  }

  private static List<PaperTensor> pad(PaperEngine p, Args a) {
    String mode = a.has(2) ? a.value(2).toString().replace("\"", "") : "constant";
    return List.of(
        switch (mode) {
          case "constant" -> constant(p, a.tensor(0), a.integers(1));
          case "reflect", "replicate" -> mirrored(p, a.tensor(0), a.integers(1));
          case "circular" -> circular(p, a.tensor(0), a.integers(1));
          default ->
              throw new IllegalArgumentException(
                  "aten.pad.default: mode '"
                      + mode
                      + "' is not supported, only constant, reflect, replicate and circular");
        });
  }

  /**
   * {@code _pad_circular}: the middle is copied into a new tensor, then each end from the other.
   */
  private static PaperTensor circular(PaperEngine p, PaperTensor self, List<Long> pad) {
    TensorType in = self.type();
    int dims = pad.size() / 2;
    PaperTensor out = p.empty(TensorType.of(in.dtype(), padded(in, pad)));
    PaperTensor middle = p.retain(out);
    PaperTensor kept = p.retain(self);
    for (int i = 0; i < dims; i++) {
      int dim = dims - i + 1;
      long cut = Math.min(pad.get(2 * i), 0) + Math.min(pad.get(2 * i + 1), 0);
      long size = in.size(dim) + cut;
      middle = narrowed(p, middle, dim, size);
      kept = narrowed(p, kept, dim, size);
    }
    p.release(Indexing.copyInPlace(p, middle, kept));
    for (int i = 0; i < pad.size(); i++) {
      if (pad.get(i) > 0) {
        int dim = dims - i / 2 + 1;
        PaperTensor target = Views.narrow(p, out, dim, pad.get(i));
        p.release(middle);
        middle = target;
        PaperTensor source = Views.narrow(p, out, dim, pad.get(i));
        p.release(kept);
        kept = source;
        p.release(Indexing.copyInPlace(p, middle, kept));
      }
    }
    p.release(kept);
    p.release(middle);
    return out;
  }

  private static PaperTensor narrowed(PaperEngine p, PaperTensor owned, int dim, long size) {
    PaperTensor part = Views.narrow(p, owned, dim, size);
    p.release(owned);
    return part;
  }

  private static List<Long> padded(TensorType in, List<Long> pad) {
    List<Long> shape = new ArrayList<>(in.shape());
    for (int i = 0; i < pad.size() / 2; i++) {
      int dim = in.rank() - 1 - i;
      shape.set(dim, in.size(dim) + pad.get(2 * i) + pad.get(2 * i + 1));
    }
    return shape;
  }

  /** Keeps nothing; backward pads by the negative, which is a copy of the inner part. */
  static PaperTensor constant(PaperEngine p, PaperTensor self, List<Long> pad) {
    List<Long> opposite = pad.stream().map(n -> -n).toList();
    GradNode fn =
        p.record(
            "ConstantPadNdBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(result(given(g).type(), opposite))},
            self);
    return p.attach(fn, p.empty(result(self.type(), pad)));
  }

  private static TensorType result(TensorType in, List<Long> pad) {
    List<Long> shape = padded(in, pad);
    if (pad.stream().allMatch(n -> n <= 0)) {
      return Layout.like(new TensorType(in.dtype(), shape, in.strides()));
    }
    return Formats.of(in.dtype(), shape, Formats.suggest(in));
  }

  /** Keeps the input; backward makes its gradient, then a dense copy of the incoming one. */
  private static PaperTensor mirrored(PaperEngine p, PaperTensor self, List<Long> pad) {
    TensorType in = self.type();
    MemoryFormat format = Formats.suggest(in);
    GradNode fn =
        p.record(
            "ReflectionPadBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result = e.empty(Formats.of(in.dtype(), in.shape(), format));
              e.release(Formats.contiguous(e, given(g), Formats.suggest(given(g).type())));
              return new PaperTensor[] {result};
            },
            self);
    p.save(fn, self);
    return p.attach(fn, p.empty(Formats.of(in.dtype(), padded(in, pad), format)));
  }

  private static List<PaperTensor> pixelShuffle(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    long factor = a.integer(1);
    List<Long> shape = new ArrayList<>(in.shape());
    int rank = in.rank();
    shape.set(rank - 3, in.size(-3) / (factor * factor));
    shape.set(rank - 2, in.size(-2) * factor);
    shape.set(rank - 1, in.size(-1) * factor);
    return List.of(rearranged(p, "PixelShuffleBackward0", a.tensor(0), shape));
  }

  private static List<PaperTensor> pixelUnshuffle(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    long factor = a.integer(1);
    List<Long> shape = new ArrayList<>(in.shape());
    int rank = in.rank();
    shape.set(rank - 3, in.size(-3) * factor * factor);
    shape.set(rank - 2, in.size(-2) / factor);
    shape.set(rank - 1, in.size(-1) / factor);
    return List.of(rearranged(p, "PixelUnshuffleBackward0", a.tensor(0), shape));
  }

  private static List<PaperTensor> channelShuffle(PaperEngine p, Args a) {
    return List.of(
        rearranged(p, "NativeChannelShuffleBackward0", a.tensor(0), a.tensor(0).type().shape()));
  }

  /** The result in the input's format, then a dense copy of the input; backward is the same. */
  private static PaperTensor rearranged(
      PaperEngine p, String backward, PaperTensor self, List<Long> shape) {
    List<Long> before = self.type().shape();
    GradNode fn =
        p.record(backward, 1, (e, n, g) -> new PaperTensor[] {moved(e, given(g), before)}, self);
    return p.attach(fn, moved(p, self, shape));
  }

  private static PaperTensor moved(PaperEngine p, PaperTensor self, List<Long> shape) {
    if (p.backend().isCuda()) {
      // A view, its dimensions swapped, a copy of that.
      return p.empty(TensorType.of(self.type().dtype(), shape));
    }
    MemoryFormat format = Formats.suggest(self.type());
    PaperTensor result = p.empty(Formats.of(self.type().dtype(), shape, format));
    p.release(Formats.contiguous(p, self, format));
    return result;
  }
}
