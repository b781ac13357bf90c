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
import org.jspecify.annotations.Nullable;

/** Diagonals read, summed, written, and blocks along one; nothing is kept. */
final class Diagonals {
  private Diagonals() {}

  static void register(Registry ops) {
    ops.add("diag(Tensor self, int diagonal=0)", Diagonals::diag);
    ops.add(
        "diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1)",
        (p, a) -> List.of(embedded(p, a.tensor(0), a.integer(1), a.integer(2), a.integer(3))));
    ops.add(
        "diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1)",
        (p, a) ->
            List.of(
                PartWriting.written(
                    p, a, (e, g) -> taken(e, g, a.integer(2), a.integer(3), a.integer(4)))));
    ops.add("trace(Tensor self)", Diagonals::trace);
    ops.add("block_diag(Tensor[] tensors)", Diagonals::blocks);
  }

  private static PaperTensor taken(PaperEngine e, PaperTensor from, long offset, long a, long b) {
    return e.call("aten.diagonal.default", from, offset, a, b).getFirst();
  }

  /** Of a vector a matrix, of a matrix a copy of its diagonal. */
  private static List<PaperTensor> diag(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    if (type.rank() == 1) {
      return List.of(embedded(p, self, a.integer(1), 0, 1));
    }
    if (type.rank() != 2) {
      throw new IllegalArgumentException(
          a.op() + ": input is " + type + ", expected a vector or a matrix");
    }
    GradNode fn =
        p.record(
            "DiagonalBackward0_copy",
            1,
            (e, n, g) ->
                new PaperTensor[] {e.empty(TensorType.of(given(g).type().dtype(), type.shape()))},
            self);
    long offset = a.integer(1);
    long rows = type.size(0) + Math.min(0, offset);
    long columns = type.size(1) - Math.max(0, offset);
    return List.of(p.attach(fn, p.empty(type.dtype(), Math.max(0, Math.min(rows, columns)))));
  }

  /** Zeros with the values on a diagonal; the gradient looks at that of the result. */
  private static PaperTensor embedded(
      PaperEngine p, PaperTensor self, long offset, long first, long second) {
    TensorType type = self.type();
    int rank = type.rank() + 1;
    int row = Layout.wrap(first, rank);
    int column = Layout.wrap(second, rank);
    long side = type.size(type.rank() - 1) + Math.abs(offset);
    List<Long> shape = new ArrayList<>(type.shape().subList(0, type.rank() - 1));
    shape.add(Math.min(row, column), side);
    shape.add(Math.max(row, column), side);
    GradNode fn =
        p.record(
            "DiagEmbedBackward0",
            1,
            (e, n, g) -> new PaperTensor[] {taken(e, given(g), offset, row, column)},
            self);
    return p.attach(fn, p.empty(TensorType.of(type.dtype(), shape)));
  }

  /** Backward numbers the places of the diagonal in what is to hold the gradient. */
  private static List<PaperTensor> trace(PaperEngine p, Args a) {
    PaperTensor self = a.tensor(0);
    TensorType type = self.type();
    if (type.rank() != 2) {
      throw new IllegalArgumentException(a.op() + ": input is " + type + ", expected a matrix");
    }
    GradNode fn =
        p.record(
            "TraceBackward0",
            1,
            (e, n, g) -> {
              PaperTensor result = e.empty(TensorType.of(type.dtype(), type.shape()));
              long places = Math.ceilDiv(type.elements(), type.size(1) + 1);
              e.releaseIfAny(e.scratch(DType.INT64, places));
              return new PaperTensor[] {result};
            },
            self);
    return List.of(p.attach(fn, p.empty(type.dtype())));
  }

  private static List<PaperTensor> blocks(PaperEngine p, Args a) {
    List<PaperTensor> parts = a.tensors(0);
    long rows = 0;
    long columns = 0;
    DType dtype = Promotion.common(parts.toArray(new PaperTensor[0]));
    for (PaperTensor part : parts) {
      TensorType type = part.type();
      rows += type.rank() < 2 ? 1 : type.size(0);
      columns += type.rank() == 0 ? 1 : type.size(type.rank() - 1);
    }
    GradNode fn =
        p.record(
            "BlockDiagBackward0",
            1,
            (e, n, g) -> {
              @Nullable PaperTensor[] out = new PaperTensor[n.inputs()];
              for (int i = 0; i < out.length; i++) {
                if (n.needs(i)) {
                  out[i] = block(e, given(g), parts.get(i).type());
                }
              }
              return out;
            },
            parts.toArray(new PaperTensor[0]));
    return List.of(p.attach(fn, p.empty(dtype, rows, columns)));
  }

  /** Looks at a block; what had one dimension comes back as a row, which is summed to its size. */
  private static PaperTensor block(PaperEngine e, PaperTensor grad, TensorType part) {
    List<Long> strides = grad.type().strides();
    boolean row = part.rank() < 2 && part.elements() > 1;
    List<Long> shape = part.rank() == 2 ? part.shape() : List.of(1L, part.elements());
    return e.view(
        grad,
        row || part.rank() == 2
            ? new TensorType(grad.type().dtype(), shape, strides)
            : new TensorType(grad.type().dtype(), List.of(1L), strides.subList(0, 1)));
  }
}
