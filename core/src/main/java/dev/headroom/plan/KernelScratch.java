package dev.headroom.plan;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import java.util.List;
import java.util.Set;

/**
 * What kernels of the CPU allocate and free inside themselves. How much depends on the processor's
 * instruction set and on oneDNN's choice, so no rule says it; a recording sees it.
 */
public final class KernelScratch {
  private static final Set<String> RECURRENT = Set.of("lstm", "gru", "rnn_tanh", "rnn_relu");

  /** From this batch on PyTorch may choose other kernels for convolutions of the CPU. */
  public static final long ONEDNN_BATCH = 16;

  private static final int WEIGHT = 1;
  private static final int STRIDE = 3;

  private KernelScratch() {}

  /** Whether a network has convolutions or recurrent layers, whose kernels have such scratch. */
  public static boolean has(Graph graph) {
    return recurs(graph) || convolves(graph);
  }

  /** Whether a network has convolutions. */
  public static boolean convolves(Graph graph) {
    return graph.nodes().stream().anyMatch(KernelScratch::isConvolution);
  }

  /**
   * Whether a convolution is computed in another way from {@link #ONEDNN_BATCH} on ({@code
   * use_mkldnn} and {@code use_nnpack} in {@code aten/src/ATen/native/Convolution.cpp}): one thread
   * leaves pointwise ones to oneDNN then, and without oneDNN there is NNPACK.
   */
  public static boolean dependsOnBatch(Graph graph, Backend backend) {
    return graph.nodes().stream()
        .filter(KernelScratch::isConvolution)
        .anyMatch(n -> !backend.onednn() || (backend.threads() == 1 && isPointwise(graph, n)));
  }

  private static boolean isConvolution(Node node) {
    return node.operator().startsWith("conv") || node.operator().equals("_convolution");
  }

  /** Neither strided nor wider than 1 in the last two dimensions; one that is computed may be. */
  private static boolean isPointwise(Graph graph, Node convolution) {
    List<Argument> arguments = convolution.arguments();
    boolean strided =
        arguments.size() > STRIDE
            && arguments.get(STRIDE) instanceof Argument.OfInts stride
            && stride.items().stream()
                .anyMatch(s -> !(s instanceof Argument.OfInt i) || i.value() != 1);
    return !strided
        && arguments.get(WEIGHT) instanceof Argument.OfTensor weight
        && graph.inputs().stream()
            .filter(i -> i.name().equals(weight.name()))
            .allMatch(i -> isPointwise(i.shape()));
  }

  private static boolean isPointwise(List<Dim> weight) {
    int last = weight.size() - 1;
    return weight.get(last).equals(Dim.of(1))
        && (weight.size() == 3 || weight.get(last - 1).equals(Dim.of(1)));
  }

  /** Whether a network has recurrent layers, whose scratch is rounded up to whole pages. */
  public static boolean recurs(Graph graph) {
    return graph.nodes().stream().anyMatch(n -> RECURRENT.contains(n.operator()));
  }
}
