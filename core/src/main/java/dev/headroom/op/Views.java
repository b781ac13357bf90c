package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Views: no allocation, the base's storage. {@code reshape}, {@code flatten} and {@code contiguous}
 * copy where strides demand it. Backward of a view is the opposite view of the gradient; that of a
 * selection writes into zeros of the whole shape.
 */
final class Views {
  private Views() {}

  static void register(Registry ops) {
    ops.add("view(Tensor self, SymInt[] size)", (p, a) -> List.of(view(p, a.tensor(0), a)));
    ops.add(
        "reshape(Tensor self, SymInt[] shape)",
        (p, a) -> List.of(reshape(p, a.tensor(0), a.integers(1))));
    ops.add(
        "reshape_as(Tensor self, Tensor other)",
        (p, a) -> List.of(reshape(p, a.tensor(0), a.tensor(1).type().shape())));
    ops.add(
        "_unsafe_view(Tensor self, SymInt[] size)",
        (p, a) -> List.of(unsafeView(p, a.tensor(0), a.integers(1))));
    ops.add("flatten.using_ints(Tensor self, int start_dim=0, int end_dim=-1)", Views::flattenRule);
    ops.add("unflatten.int(Tensor self, int dim, SymInt[] sizes)", Views::unflatten);
    ops.add(
        "contiguous(Tensor self, *, MemoryFormat memory_format=contiguous_format)",
        (p, a) -> List.of(contiguous(p, a.tensor(0))));
    ops.add("t(Tensor self)", (p, a) -> List.of(t(p, a.tensor(0))));
    ops.add("t_(Tensor(a!) self)", (p, a) -> List.of(t(p, a.tensor(0))));
    for (String name : List.of("transpose.int", "transpose_", "swapaxes_", "swapdims_")) {
      ops.add(
          name + "(Tensor self, int dim0, int dim1)",
          (p, a) -> List.of(transpose(p, a.tensor(0), a.integer(1), a.integer(2))));
    }
    ops.add(
        "permute(Tensor self, int[] dims)",
        (p, a) -> List.of(permute(p, a.tensor(0), a.integers(1))));
    ops.add(
        "select.int(Tensor self, int dim, SymInt index)",
        (p, a) -> List.of(select(p, a.tensor(0), a.integer(1))));
    ops.add(
        "slice.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1)",
        Views::slice);
    ops.add(
        "narrow(Tensor self, int dim, SymInt start, SymInt length)",
        (p, a) -> List.of(narrow(p, a.tensor(0), a.integer(1), a.integer(3))));
    ops.add("expand(Tensor self, SymInt[] size, *, bool implicit=False)", Views::expandRule);
    ops.add(
        "expand_as(Tensor self, Tensor other)",
        (p, a) -> List.of(expand(p, a.tensor(0), a.tensor(1).type().shape())));
    // In place, sizes change and nothing else: the same memory is looked at as by a view.
    for (String place : List.of("", "_")) {
      ops.add(
          "unsqueeze" + place + "(Tensor self, int dim)",
          (p, a) -> List.of(unsqueeze(p, a.tensor(0), a.integer(1))));
      ops.add(
          "squeeze" + place + "(Tensor self)", (p, a) -> List.of(squeeze(p, a.tensor(0), null)));
      ops.add(
          "squeeze" + place + ".dim(Tensor self, int dim)",
          (p, a) -> List.of(squeeze(p, a.tensor(0), List.of(a.integer(1)))));
      ops.add(
          "squeeze" + place + ".dims(Tensor self, int[] dim)",
          (p, a) -> List.of(squeeze(p, a.tensor(0), a.integers(1))));
    }
    ops.add("detach(Tensor self)", (p, a) -> List.of(p.view(a.tensor(0), a.tensor(0).type())));
    ops.add("alias(Tensor self)", (p, a) -> List.of(alias(p, a.tensor(0))));
    ops.add(
        "view_as(Tensor self, Tensor other)",
        (p, a) -> List.of(view(p, a.tensor(0), a.tensor(1).type().shape())));
  }

  /** Makes a view whose backward gives one gradient. */
  static PaperTensor make(
      PaperEngine p, String backward, PaperTensor self, TensorType type, GradNode.Backward run) {
    return p.attach(p.record(backward, 1, run, self), p.view(self, type));
  }

  private static PaperTensor view(PaperEngine p, PaperTensor self, Args a) {
    return view(p, self, a.integers(1));
  }

  static PaperTensor view(PaperEngine p, PaperTensor self, List<Long> sizes) {
    TensorType viewed = Layout.viewed(self.type(), Layout.infer(self.type(), sizes));
    if (viewed == null && p.backend().isCuda()) {
      // An export on the CPU leaves out contiguous() where the CPU's kernel (attention's) gave that
      // order; CUDA's gives another one, and the program's own contiguous() copies.
      PaperTensor dense = contiguous(p, self);
      PaperTensor result = view(p, dense, sizes);
      p.release(dense);
      return result;
    }
    if (viewed == null) {
      throw new IllegalArgumentException(
          "aten.view.default: "
              + self
              + " with strides "
              + self.type().strides()
              + " cannot be viewed as "
              + sizes
              + " without a copy. Use reshape.");
    }
    List<Long> before = self.type().shape();
    return make(
        p,
        "ViewBackward0",
        self,
        viewed,
        (e, n, g) -> new PaperTensor[] {reshape(e, given(g), before)});
  }

  static PaperTensor unsafeView(PaperEngine p, PaperTensor self, List<Long> sizes) {
    List<Long> before = self.type().shape();
    TensorType viewed = Layout.viewed(self.type(), Layout.infer(self.type(), sizes));
    if (viewed == null) {
      throw new IllegalStateException("an unsafe view of " + self + " as " + sizes);
    }
    GradNode fn =
        p.record(
            "UnsafeViewBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {reshape(e, given(g), before)},
            self);
    return p.attach(fn, p.alias(self, viewed));
  }

  /** A view if strides allow, else a contiguous copy of the other shape. */
  static PaperTensor reshape(PaperEngine p, PaperTensor self, List<Long> sizes) {
    List<Long> shape = Layout.infer(self.type(), sizes);
    if (Layout.viewed(self.type(), shape) != null) {
      return view(p, self, shape);
    }
    PaperTensor copy = Copies.clone(p, self, Layout.contiguous(self.type()));
    PaperTensor result = unsafeView(p, copy, shape);
    p.release(copy);
    return result;
  }

  private static List<PaperTensor> flattenRule(PaperEngine p, Args a) {
    return List.of(flatten(p, a.tensor(0), a.integer(1), a.integer(2)));
  }

  static PaperTensor flatten(PaperEngine p, PaperTensor self, long startDim, long endDim) {
    TensorType type = self.type();
    int start = Layout.wrap(startDim, type.rank());
    int end = Layout.wrap(endDim, type.rank());
    if (type.rank() == 0) {
      return reshape(p, self, List.of(1L));
    }
    if (start == end) {
      return p.retain(self);
    }
    List<Long> shape = new ArrayList<>(type.shape().subList(0, start));
    long joined = 1;
    for (int i = start; i <= end; i++) {
      joined *= type.size(i);
    }
    shape.add(joined);
    shape.addAll(type.shape().subList(end + 1, type.rank()));
    return reshape(p, self, shape);
  }

  private static List<PaperTensor> unflatten(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    int dim = Layout.wrap(a.integer(1), type.rank());
    List<Long> sizes = Layout.infer(TensorType.of(type.dtype(), type.size(dim)), a.integers(2));
    List<Long> shape = new ArrayList<>(type.shape());
    shape.remove(dim);
    shape.addAll(dim, sizes);
    return List.of(view(p, a.tensor(0), shape));
  }

  /** The tensor itself if it is contiguous, else a copy. */
  static PaperTensor contiguous(PaperEngine p, PaperTensor self) {
    return self.type().isContiguous()
        ? p.retain(self)
        : Copies.clone(p, self, Layout.contiguous(self.type()));
  }

  static PaperTensor t(PaperEngine p, PaperTensor self) {
    if (self.type().rank() < 2) {
      return make(
          p, "TBackward0", self, self.type(), (e, n, g) -> new PaperTensor[] {t(e, given(g))});
    }
    return make(
        p,
        "TBackward0",
        self,
        self.type().transpose(0, 1),
        (e, n, g) -> new PaperTensor[] {t(e, given(g))});
  }

  static PaperTensor transpose(PaperEngine p, PaperTensor self, long dim0, long dim1) {
    int a = Layout.wrap(dim0, self.type().rank());
    int b = Layout.wrap(dim1, self.type().rank());
    if (a == b) {
      return alias(p, self);
    }
    return make(
        p,
        "TransposeBackward0",
        self,
        self.type().transpose(a, b),
        (e, n, g) -> new PaperTensor[] {transpose(e, given(g), a, b)});
  }

  static PaperTensor permute(PaperEngine p, PaperTensor self, List<Long> dims) {
    TensorType type = self.type();
    Long[] shape = new Long[dims.size()];
    Long[] strides = new Long[dims.size()];
    Long[] back = new Long[dims.size()];
    for (int i = 0; i < dims.size(); i++) {
      int from = Layout.wrap(dims.get(i), type.rank());
      shape[i] = type.shape().get(from);
      strides[i] = type.strides().get(from);
      back[from] = (long) i;
    }
    return make(
        p,
        "PermuteBackward0",
        self,
        new TensorType(type.dtype(), Arrays.asList(shape), Arrays.asList(strides)),
        (e, n, g) -> new PaperTensor[] {permute(e, given(g), Arrays.asList(back))});
  }

  static PaperTensor select(PaperEngine p, PaperTensor self, long dimension) {
    TensorType type = self.type();
    int dim = Layout.wrap(dimension, type.rank());
    return make(
        p,
        "SelectBackward0",
        self,
        Layout.without(type, dim),
        (e, n, g) -> new PaperTensor[] {zeros(e, given(g), type)});
  }

  /** Zeros of the whole shape, into which the gradient of a part is copied. */
  private static PaperTensor zeros(PaperEngine p, PaperTensor grad, TensorType whole) {
    return p.empty(TensorType.of(grad.type().dtype(), whole.shape()));
  }

  private static List<PaperTensor> slice(PaperEngine p, Args a) {
    TensorType type = a.tensor(0).type();
    int dim = Layout.wrap(a.integer(1), type.rank());
    long size = type.size(dim);
    long start = clamp(a.integer(2, 0), 0, size);
    long end = Math.max(start, clamp(a.integer(3, Long.MAX_VALUE), 0, size));
    long step = a.integer(4);
    TensorType part =
        Layout.with(type, dim, (end - start + step - 1) / step, type.strides().get(dim) * step);
    return List.of(
        make(
            p,
            "SliceBackward0",
            a.tensor(0),
            part,
            (e, n, g) -> new PaperTensor[] {zeros(e, given(g), type)}));
  }

  private static long clamp(long index, long low, long size) {
    return Math.clamp(index < 0 ? index + size : index, low, size);
  }

  /** {@code narrow} is a slice. */
  static PaperTensor narrow(PaperEngine p, PaperTensor self, long dimension, long length) {
    TensorType type = self.type();
    int dim = Layout.wrap(dimension, type.rank());
    return make(
        p,
        "SliceBackward0",
        self,
        Layout.with(type, dim, length, type.strides().get(dim)),
        (e, n, g) -> new PaperTensor[] {zeros(e, given(g), type)});
  }

  private static List<PaperTensor> expandRule(PaperEngine p, Args a) {
    return List.of(expand(p, a.tensor(0), a.integers(1)));
  }

  static PaperTensor expand(PaperEngine p, PaperTensor self, List<Long> sizes) {
    TensorType type = self.type();
    int leading = sizes.size() - type.rank();
    Long[] shape = new Long[sizes.size()];
    Long[] strides = new Long[sizes.size()];
    for (int i = sizes.size() - 1; i >= 0; i--) {
      long own = i < leading ? 1 : type.size(i - leading);
      long wanted = sizes.get(i) == -1 ? own : sizes.get(i);
      if (wanted != own && own != 1) {
        throw new IllegalArgumentException(
            "aten.expand.default: " + self + " cannot be expanded to " + sizes);
      }
      shape[i] = wanted;
      strides[i] =
          i < leading
              ? (i + 1 < sizes.size() && wanted == 1 ? shape[i + 1] * strides[i + 1] : 0)
              : (wanted == own ? type.strides().get(i - leading) : 0L);
    }
    List<Long> before = type.shape();
    return make(
        p,
        "ExpandBackward0",
        self,
        new TensorType(type.dtype(), Arrays.asList(shape), Arrays.asList(strides)),
        (e, n, g) ->
            new PaperTensor[] {
              given(g).type().shape().equals(before)
                  ? e.retain(given(g))
                  : Gradients.sumTo(e, given(g), before)
            });
  }

  static PaperTensor unsqueeze(PaperEngine p, PaperTensor self, long dimension) {
    int dim = Layout.wrap(dimension, self.type().rank() + 1);
    return make(
        p,
        "UnsqueezeBackward0",
        self,
        Layout.unsqueezed(self.type(), dim),
        (e, n, g) -> new PaperTensor[] {squeeze(e, given(g), List.of((long) dim))});
  }

  /** Drops dimensions of size 1: the given ones, or all. */
  static PaperTensor squeeze(PaperEngine p, PaperTensor self, @Nullable List<Long> dims) {
    TensorType type = self.type();
    List<Long> shape = new ArrayList<>();
    List<Long> strides = new ArrayList<>();
    List<Integer> gone = new ArrayList<>();
    List<Integer> wanted =
        dims == null ? List.of() : dims.stream().map(d -> Layout.wrap(d, type.rank())).toList();
    for (int i = 0; i < type.rank(); i++) {
      if (type.size(i) == 1 && (dims == null || wanted.contains(i))) {
        gone.add(i);
      } else {
        shape.add(type.shape().get(i));
        strides.add(type.strides().get(i));
      }
    }
    return make(
        p,
        dims == null ? "SqueezeBackward0" : "SqueezeBackward1",
        self,
        new TensorType(type.dtype(), shape, strides),
        (e, n, g) -> {
          TensorType grad = given(g).type();
          for (int dim : gone) {
            grad = Layout.unsqueezed(grad, dim);
          }
          return new PaperTensor[] {e.view(given(g), grad)};
        });
  }

  static PaperTensor alias(PaperEngine p, PaperTensor self) {
    return make(
        p,
        "AliasBackward0",
        self,
        self.type(),
        (e, n, g) -> new PaperTensor[] {e.retain(given(g))});
  }
}
