package dev.headroom.paper;

/**
 * Counts of the nodes and edges that are alive, kept as they come and go. A backward pass needs to
 * know of how many edges each node has to wait for; where all nodes hang together below the loss,
 * as they nearly always do, these counts say so without a walk over a graph that is long out of the
 * processor's caches.
 */
final class AutogradGraph {
  /** Nodes to which no edge leads. Accumulators, which lead nowhere, are left out. */
  private int starts;

  /** A node without edges. */
  GradNode add(GradNode fn) {
    starts++;
    return fn;
  }

  /** An edge that leads to a node; it is one of the node's references. */
  void edge(GradNode to) {
    to.refs++;
    if (to.edges++ == 0 && to.leaf == null) {
      starts--;
    }
  }

  /** An edge that is no more. Whether the node lives on without is the caller's to see. */
  void cut(GradNode to) {
    if (--to.edges == 0 && to.leaf == null) {
      starts++;
    }
  }

  /** A node that became a part of another one, which took over its edges. */
  void absorbed(GradNode fn) {
    fn.gone = true;
    starts--;
  }

  /** A node that nothing refers to any more. */
  void gone(GradNode fn) {
    if (!fn.gone && fn.leaf == null) {
      fn.gone = true;
      starts--;
    }
  }

  /** Whether every edge there is lies on a way from this node. */
  boolean leadsToAll(GradNode root) {
    return starts == 1 && root.edges == 0;
  }
}
