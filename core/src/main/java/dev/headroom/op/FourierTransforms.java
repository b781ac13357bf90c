package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Discrete Fourier transforms ({@code SpectralOps.cpp}, with PocketFFT as libtorch has it). Nothing
 * is kept but a real input, whose sizes backward reads: a transform's backward is a transform. What
 * MKL copies in PyTorch's own builds, and cuFFT's workspaces, are left out.
 */
final class FourierTransforms {
  /** What goes in and what comes out. */
  private enum Kind {
    /** Complex numbers on both sides; real ones are cast first. */
    FULL("fft"),
    /** The first half of a real input's spectrum. */
    FROM_REAL("rfft"),
    /** A real output from half a spectrum. */
    TO_REAL("irfft");

    final String name;

    Kind(String name) {
      this.name = name;
    }
  }

  private FourierTransforms() {}

  static void register(Registry ops) {
    for (Kind kind : Kind.values()) {
      for (String name : kind == Kind.FULL ? List.of("fft", "ifft") : List.of(kind.name)) {
        ops.add(
            "fft_" + name + "(Tensor self, SymInt? n=None, int dim=-1, str? norm=None)",
            (p, a) -> transform(p, a, kind, List.of(a.integer(2))));
        ops.add(
            "fft_" + name + "2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2,-1], str? norm=None)",
            (p, a) -> transform(p, a, kind, a.integers(2)));
        ops.add(
            "fft_" + name + "n(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None)",
            (p, a) -> transform(p, a, kind, allOrGiven(a)));
      }
    }
  }

  /** All dimensions, or as many of the last as there are sizes. */
  private static List<Long> allOrGiven(Args a) {
    if (a.has(2)) {
      return a.integers(2);
    }
    int rank = a.tensor(0).type().rank();
    int count = a.has(1) ? a.integers(1).size() : rank;
    List<Long> dims = new ArrayList<>();
    for (int dim = rank - count; dim < rank; dim++) {
      dims.add((long) dim);
    }
    return dims;
  }

  private static List<PaperTensor> transform(PaperEngine p, Args a, Kind kind, List<Long> given) {
    PaperTensor self = a.tensor(0);
    int rank = self.type().rank();
    List<Integer> dims = given.stream().map(d -> Layout.wrap(d, rank)).toList();
    boolean real = !ComplexNumbers.is(self.type());
    if (real && !self.type().dtype().isFloating()) {
      throw new UnsupportedOperatorException(a.op(), "of " + self + ", only of floating numbers");
    }
    if (kind == (real ? Kind.TO_REAL : Kind.FROM_REAL)) {
      throw new UnsupportedOperatorException(a.op(), "of " + self);
    }
    boolean single = a.op().endsWith("fft.default");
    if (real && kind == Kind.FULL && a.op().contains("ifft") && single) {
      throw new UnsupportedOperatorException(a.op(), "of real numbers");
    }
    // Several dimensions of a real input are computed among complex numbers.
    PaperTensor complex =
        real && kind == Kind.FULL && !single ? ComplexNumbers.cast(p, self) : p.retain(self);
    List<Long> sizes = a.has(1) ? a.integers(1) : Collections.nCopies(dims.size(), -1L);
    int last = dims.getLast();
    long width = sizes.getLast() >= 0 ? sizes.getLast() : fullWidth(self.type(), kind, last);
    PaperTensor input = resized(p, complex, dims, sizes, kind);
    p.release(complex);
    PaperTensor result =
        switch (kind) {
          case FULL -> single && real ? fromReal(p, input, dims, false) : full(p, input, dims);
          case FROM_REAL -> fromReal(p, input, dims, true);
          case TO_REAL -> toReal(p, input, dims, width);
        };
    p.release(input);
    return List.of(result);
  }

  private static long fullWidth(TensorType type, Kind kind, int last) {
    return kind == Kind.TO_REAL ? 2 * (type.size(last) - 1) : type.size(last);
  }

  /** Dimensions are cut (a view) or padded with zeros to the sizes that were asked for. */
  private static PaperTensor resized(
      PaperEngine p, PaperTensor self, List<Integer> dims, List<Long> sizes, Kind kind) {
    TensorType type = self.type();
    Long[] pad = new Long[2 * type.rank()];
    java.util.Arrays.fill(pad, 0L);
    boolean pads = false;
    PaperTensor out = p.retain(self);
    for (int i = 0; i < dims.size(); i++) {
      long wanted = sizes.get(i);
      if (kind == Kind.TO_REAL && i == dims.size() - 1 && wanted >= 0) {
        wanted = wanted / 2 + 1;
      }
      long has = type.size(dims.get(i));
      if (wanted < 0 || wanted == has) {
        continue;
      }
      if (wanted < has) {
        PaperTensor cut = Views.narrow(p, out, dims.get(i), wanted);
        p.release(out);
        out = cut;
      } else {
        pads = true;
        pad[2 * (type.rank() - 1 - dims.get(i)) + 1] = wanted - has;
      }
    }
    if (pads) {
      PaperTensor padded = Padding.constant(p, out, List.of(pad));
      p.release(out);
      out = padded;
    }
    return out;
  }

  private static PaperTensor full(PaperEngine p, PaperTensor self, List<Integer> dims) {
    TensorType in = self.type();
    GradNode fn =
        p.record(
            "FftC2CBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {e.empty(fullLayout(e, given(g).type(), dims))},
            self);
    return p.attach(fn, p.empty(fullLayout(p, in, dims)));
  }

  private static PaperTensor fromReal(
      PaperEngine p, PaperTensor self, List<Integer> dims, boolean half) {
    TensorType in = self.type();
    int last = dims.getLast();
    DType complex = ComplexNumbers.complex(in.dtype());
    GradNode fn =
        p.record(
            "FftR2CBackward0",
            1,
            (e, n, g) -> {
              TensorType whole = TensorType.of(complex, in.shape());
              // Half a spectrum is filled up with zeros.
              PaperTensor padded = half && !sameWidth(in, given(g), last) ? e.empty(whole) : null;
              PaperTensor back =
                  e.empty(fullLayout(e, padded == null ? given(g).type() : whole, dims));
              PaperTensor real = ComplexNumbers.part(e, back);
              e.release(back);
              e.releaseIfAny(padded);
              return new PaperTensor[] {real};
            },
            self);
    p.save(fn, self);
    List<Long> shape = new ArrayList<>(in.shape());
    shape.set(last, half ? in.size(last) / 2 + 1 : in.size(last));
    return p.attach(fn, p.empty(fromRealLayout(p, in, complex, shape, dims)));
  }

  /** Dimensions 0 and 1 together are slow in cuFFT: the last goes first then, by itself. */
  private static TensorType fromRealLayout(
      PaperEngine p, TensorType in, DType complex, List<Long> shape, List<Integer> dims) {
    if (!p.backend().isCuda() || dims.size() < 2 || dims.get(0) != 0 || dims.get(1) != 1) {
      return layout(p, in, complex, shape, dims);
    }
    TensorType first = layout(p, in, complex, shape, List.of(dims.getLast()));
    return fullLayout(p, first, dims.subList(0, dims.size() - 1));
  }

  private static boolean sameWidth(TensorType in, PaperTensor grad, int last) {
    return in.size(last) == grad.type().size(last);
  }

  private static PaperTensor toReal(
      PaperEngine p, PaperTensor self, List<Integer> dims, long width) {
    TensorType in = self.type();
    int last = dims.getLast();
    GradNode fn =
        p.record(
            "FftC2RBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result =
                  e.empty(layout(e, given(g).type(), in.dtype(), in.shape(), dims));
              if (width - in.size(last) > 0) {
                doubled(e, in.dtype());
              }
              return new PaperTensor[] {result};
            },
            self);
    List<Long> shape = new ArrayList<>(in.shape());
    shape.set(last, width);
    // cuFFT writes into what it reads.
    PaperTensor copy = p.backend().isCuda() ? p.scratch(in.dtype(), in.elements()) : null;
    PaperTensor result = p.empty(layout(p, in, ComplexNumbers.real(in.dtype()), shape, dims));
    p.releaseIfAny(copy);
    return p.attach(fn, result);
  }

  private static TensorType fullLayout(PaperEngine p, TensorType in, List<Integer> dims) {
    List<Integer> sorted =
        dims.stream()
            .sorted(Comparator.comparingLong((Integer d) -> -in.strides().get(d)))
            .toList();
    return layout(p, in, in.dtype(), in.shape(), sorted);
  }

  /**
   * Row by row on the CPU; cuFFT's result has the dimensions that are transformed last, the others
   * in the order in which they lie ({@code cuda/SpectralOps.cpp}, {@code _exec_fft}).
   */
  private static TensorType layout(
      PaperEngine p, TensorType in, DType dtype, List<Long> shape, List<Integer> dims) {
    if (!p.backend().isCuda()) {
      return TensorType.of(dtype, shape);
    }
    List<Integer> order = new ArrayList<>();
    for (int dim = 0; dim < in.rank(); dim++) {
      if (!dims.contains(dim)) {
        order.add(dim);
      }
    }
    order.sort(Comparator.comparingLong(d -> -in.strides().get(d)));
    order.addAll(dims);
    Long[] strides = new Long[shape.size()];
    long step = 1;
    for (int dim : order.reversed()) {
      strides[dim] = step;
      step = Math.multiplyExact(step, shape.get(dim));
    }
    return new TensorType(dtype, shape, List.of(strides));
  }

  /** What stands for two conjugates is multiplied in place: the number, and its complex copy. */
  private static void doubled(PaperEngine p, DType complex) {
    PaperTensor two = p.wrap(2L);
    PaperTensor copy = p.backend().isCuda() ? null : p.empty(complex);
    p.releaseIfAny(copy);
    p.release(two);
  }
}
