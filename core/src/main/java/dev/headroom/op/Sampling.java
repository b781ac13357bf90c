package dev.headroom.op;

import static dev.headroom.op.Gradients.given;

import dev.headroom.paper.Args;
import dev.headroom.paper.GradNode;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading an image at given places, grids of places, and sliding windows as columns. */
final class Sampling {
  private Sampling() {}

  static void register(Registry ops) {
    ops.add(
        "grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool"
            + " align_corners)",
        Sampling::gridSampler);
    ops.add(
        "affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners)",
        Sampling::affineGrid);
    ops.add(
        "im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride)",
        Sampling::columns);
    ops.add(
        "col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2]"
            + " padding, int[2] stride)",
        Sampling::image);
  }

  /** Keeps image and grid, and makes a gradient of each. */
  private static List<PaperTensor> gridSampler(PaperEngine p, Args a) {
    PaperTensor input = a.tensor(0);
    PaperTensor grid = a.tensor(1);
    TensorType image = input.type();
    int dims = image.rank() - 2;
    if (grid.type().rank() != image.rank() || grid.type().size(-1) != dims) {
      throw new IllegalArgumentException(
          a.op()
              + ": input is "
              + image
              + " and grid "
              + grid.type()
              + ", expected "
              + dims
              + " coordinates for each place");
    }
    GradNode fn =
        p.record(
            dims == 2 ? "GridSampler2DBackward0" : "GridSampler3DBackward0",
            1,
            (e, n, g) -> {
              PaperTensor forInput = n.needs(0) ? e.empty(Layout.contiguous(image)) : null;
              @Nullable PaperTensor forGrid = e.empty(Layout.contiguous(grid.type()));
              if (dims == 2) {
                // The kernel of two dimensions reads the gradient without gaps.
                e.release(Formats.contiguous(e, given(g), MemoryFormat.CONTIGUOUS));
              }
              if (!n.needs(1)) {
                e.release(forGrid);
                forGrid = null;
              }
              return new @Nullable PaperTensor[] {forInput, forGrid};
            },
            input,
            grid);
    p.save(fn, grid);
    p.save(fn, input);
    List<Long> shape = new ArrayList<>(image.shape().subList(0, 2));
    shape.addAll(grid.type().shape().subList(1, dims + 1));
    return List.of(p.attach(fn, p.empty(TensorType.of(image.dtype(), shape))));
  }

  /** Keeps nothing: places are made again in backward. */
  private static List<PaperTensor> affineGrid(PaperEngine p, Args a) {
    PaperTensor theta = a.tensor(0);
    List<Long> size = a.integers(1);
    int dims = size.size() - 2;
    if (dims != 2) {
      throw new UnsupportedOperatorException(a.op(), "of volumes, only of images");
    }
    boolean aligned = a.bool(2);
    GradNode fn =
        p.record(
            "AffineGridGeneratorBackward0",
            1,
            (e, n, g) -> {
              DType dtype = given(g).type().dtype();
              PaperTensor base = places(e, dtype, size, aligned);
              PaperTensor product = e.empty(dtype, size.get(0), dims + 1L, dims);
              e.release(base);
              PaperTensor turned = e.alias(product, product.type().transpose(1, 2));
              e.release(product);
              return new PaperTensor[] {turned};
            },
            theta);
    List<Long> shape = new ArrayList<>();
    shape.add(size.get(0));
    shape.addAll(size.subList(2, size.size()));
    shape.add((long) dims);
    DType dtype = theta.type().dtype();
    PaperTensor base = places(p, dtype, size, aligned);
    PaperTensor result = p.empty(TensorType.of(dtype, shape));
    p.release(base);
    return List.of(p.attach(fn, result));
  }

  /** Homogeneous coordinates from -1 to 1, dimension by dimension from the last. */
  private static PaperTensor places(PaperEngine p, DType dtype, List<Long> size, boolean aligned) {
    List<Long> spatial = size.subList(2, size.size());
    long count = size.get(0) * (spatial.size() + 1L) * Convolution.product(spatial);
    PaperTensor base = p.empty(dtype, count);
    for (long steps : spatial.reversed()) {
      if (steps <= 1) {
        p.release(p.empty(dtype));
        continue;
      }
      PaperTensor range = p.empty(dtype, steps);
      if (!aligned) {
        // Inwards by half a step: times (steps - 1), divided by steps.
        Formula f = new Formula(p);
        PaperTensor quotient = f.keep(p.retain(f.binary(f.binary(range, 1L), 1L)));
        PaperTensor inwards = p.retain(quotient);
        p.release(range);
        f.end();
        range = inwards;
      }
      p.release(range);
    }
    return base;
  }

  private static List<PaperTensor> columns(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    boolean single = in.rank() == 3;
    List<Long> kernel = a.integers(1, 2);
    long places = 1;
    for (int d = 0; d < 2; d++) {
      long reach = a.integers(2, 2).get(d) * (kernel.get(d) - 1) + 1;
      long padded = in.size(d - 2) + 2 * a.integers(3, 2).get(d);
      places *= Math.floorDiv(padded - reach, a.integers(4, 2).get(d)) + 1;
    }
    List<Long> shape = new ArrayList<>(single ? List.of() : List.of(in.size(0)));
    shape.add(in.size(-3) * Convolution.product(kernel));
    shape.add(places);
    return List.of(moved(p, "Im2ColBackward0", a.tensor(0), shape));
  }

  private static List<PaperTensor> image(PaperEngine p, Args a) {
    TensorType in = a.tensor(0).type();
    List<Long> shape = new ArrayList<>(in.rank() == 2 ? List.of() : List.of(in.size(0)));
    shape.add(in.size(-2) / Convolution.product(a.integers(2, 2)));
    shape.addAll(a.integers(1, 2));
    return List.of(moved(p, "Col2ImBackward0", a.tensor(0), shape));
  }

  /** Keeps nothing; each is the other's backward, on a copy where the input has gaps. */
  private static PaperTensor moved(
      PaperEngine p, String backward, PaperTensor self, List<Long> shape) {
    List<Long> before = self.type().shape();
    GradNode fn =
        p.record(backward, 1, (e, n, g) -> new PaperTensor[] {dense(e, given(g), before)}, self);
    return p.attach(fn, dense(p, self, shape));
  }

  private static PaperTensor dense(PaperEngine p, PaperTensor self, List<Long> shape) {
    TensorType type = self.type();
    PaperTensor first = p.empty(Layout.contiguous(type));
    PaperTensor copy = Formats.contiguous(p, self, MemoryFormat.CONTIGUOUS);
    PaperTensor result = resized(p, first, TensorType.of(type.dtype(), shape));
    p.release(copy);
    return result;
  }

  /** {@code resize_}: the same storage if that is large enough, else a new one; takes its input. */
  static PaperTensor resized(PaperEngine p, PaperTensor first, TensorType out) {
    boolean fits = out.elements() <= first.type().elements();
    PaperTensor result = fits ? p.alias(first, out) : p.empty(out);
    p.release(first);
    return result;
  }
}
