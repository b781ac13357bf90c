package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Complex numbers as pairs of real ones and back. Looking at one as the other is a view; a product
 * of complex numbers multiplies its gradient with the conjugate, which is copied for it: see {@link
 * Arithmetic}.
 */
final class ComplexNumbers {
  private ComplexNumbers() {}

  static void register(Registry ops) {
    ops.add("view_as_complex(Tensor self)", (p, a) -> List.of(asComplex(p, a.tensor(0))));
    ops.add("view_as_real(Tensor self)", (p, a) -> List.of(asReal(p, a.tensor(0))));
    for (String name : List.of("real", "imag")) {
      ops.add(name + "(Tensor self)", ComplexNumbers::part);
    }
    ops.add("complex(Tensor real, Tensor imag)", ComplexNumbers::joined);
    ops.add("polar(Tensor abs, Tensor angle)", ComplexNumbers::constantOfTwo);
  }

  static boolean is(TensorType type) {
    return Promotion.kind(type.dtype()) == 3;
  }

  static DType complex(DType real) {
    return real == DType.FLOAT64 ? DType.COMPLEX128 : DType.COMPLEX64;
  }

  static DType real(DType complex) {
    return complex == DType.COMPLEX128 ? DType.FLOAT64 : DType.FLOAT32;
  }

  private static PaperTensor asComplex(PaperEngine p, PaperTensor self) {
    TensorType type = self.type();
    int last = type.rank() - 1;
    if (last < 0 || type.size(last) != 2 || type.strides().get(last) != 1) {
      throw new IllegalArgumentException(
          "aten.view_as_complex.default: "
              + type
              + ", expected a last dimension of 2 that lies without gaps");
    }
    return Views.make(
        p,
        "ViewAsComplexBackward0",
        self,
        new TensorType(
            complex(type.dtype()),
            type.shape().subList(0, last),
            type.strides().subList(0, last).stream().map(s -> s / 2).toList()),
        (e, n, g) -> new PaperTensor[] {asReal(e, given(g))});
  }

  private static PaperTensor asReal(PaperEngine p, PaperTensor self) {
    TensorType type = self.type();
    if (!is(type)) {
      throw new IllegalArgumentException(
          "aten.view_as_real.default: " + type + ", expected complex numbers");
    }
    List<Long> shape = new ArrayList<>(type.shape());
    shape.add(2L);
    List<Long> strides = new ArrayList<>(type.strides().stream().map(s -> s * 2).toList());
    strides.add(1L);
    return Views.make(
        p,
        "ViewAsRealBackward0",
        self,
        new TensorType(real(type.dtype()), shape, strides),
        (e, n, g) -> {
          // view_as_complex of a gradient that is dense in its own order, else of a copy.
          PaperTensor dense = Views.contiguous(e, given(g));
          PaperTensor result = asComplex(e, dense);
          e.release(dense);
          return new PaperTensor[] {result};
        });
  }

  private static List<PaperTensor> part(PaperEngine p, Args a) {
    return List.of(is(a.tensor(0).type()) ? part(p, a.tensor(0)) : p.retain(a.tensor(0)));
  }

  /** One part: a view of every other number. */
  static PaperTensor part(PaperEngine p, PaperTensor complex) {
    PaperTensor pairs = asReal(p, complex);
    PaperTensor part = Views.select(p, pairs, -1);
    p.release(pairs);
    return part;
  }

  /** {@code to(complex)} of real numbers; the gradient is the real part, a view. */
  static PaperTensor cast(PaperEngine p, PaperTensor real) {
    GradNode fn =
        p.record("ToCopyBackward0", 1, (e, n, g) -> new PaperTensor[] {part(e, given(g))}, real);
    return p.attach(fn, p.empty(Layout.like(real).withDType(complex(real.type().dtype()))));
  }

  private static List<PaperTensor> joined(PaperEngine p, Args a) {
    PaperTensor first = a.tensor(0);
    PaperTensor second = a.tensor(1);
    GradNode fn =
        p.record(
            "ComplexBackward0",
            1,
            (e, n, g) -> {
              PaperTensor[] out = new PaperTensor[2];
              for (int i = 0; i < 2; i++) {
                if (n.needs(i)) {
                  PaperTensor pairs = asReal(e, given(g));
                  out[i] = Views.select(e, pairs, -1);
                  e.release(pairs);
                }
              }
              return out;
            },
            first,
            second);
    p.save(fn, second);
    p.save(fn, first);
    DType dtype = complex(first.type().dtype());
    return List.of(p.attach(fn, p.empty(Layout.pointwise(dtype, first.type(), second.type()))));
  }

  /** {@code abs}: computed among complex numbers, then cut down; {@code grad * self.sgn()}. */
  static PaperTensor length(PaperEngine p, PaperTensor self) {
    GradNode fn =
        p.record(
            "AbsBackward0",
            1,
            (e, n, g) -> {
              Formula f = new Formula(e);
              return new PaperTensor[] {f.value(f.binary(given(g), f.unary(n.saved(0))))};
            },
            self);
    p.save(fn, self);
    PaperTensor result = p.empty(Layout.like(self).withDType(real(self.type().dtype())));
    p.release(p.empty(Layout.like(self)));
    return p.attach(fn, result);
  }

  /** Frequencies of a rotation, which nothing is learnt about. */
  private static List<PaperTensor> constantOfTwo(PaperEngine p, Args a) {
    if (p.records(a.tensor(0), a.tensor(1))) {
      throw new UnsupportedOperatorException(a.op(), "of tensors that take a gradient");
    }
    TensorType type =
        Layout.pointwise(
            complex(a.tensor(0).type().dtype()), a.tensor(0).type(), a.tensor(1).type());
    return List.of(p.empty(type));
  }
}
