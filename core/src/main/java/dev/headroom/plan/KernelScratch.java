package dev.headroom.plan;

import dev.headroom.graph.Graph;
import java.util.Set;

/**
 * What kernels of the CPU allocate and free inside themselves. How much depends on the processor's
 * instruction set and on oneDNN's choice, so no rule says it; a recording sees it.
 */
public final class KernelScratch {
  private static final Set<String> RECURRENT = Set.of("lstm", "gru", "rnn_tanh", "rnn_relu");

  private KernelScratch() {}

  /** Whether a network has convolutions or recurrent layers, whose kernels have such scratch. */
  public static boolean has(Graph graph) {
    return recurs(graph) || convolves(graph);
  }

  /** Whether a network has convolutions. */
  public static boolean convolves(Graph graph) {
    return graph.nodes().stream()
        .anyMatch(n -> n.operator().startsWith("conv") || n.operator().equals("_convolution"));
  }

  /** Whether a network has recurrent layers, whose scratch is rounded up to whole pages. */
  public static boolean recurs(Graph graph) {
    return graph.nodes().stream().anyMatch(n -> RECURRENT.contains(n.operator()));
  }
}
