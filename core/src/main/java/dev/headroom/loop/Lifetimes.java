package dev.headroom.loop;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * After which node each value dies, as in the Python program that a graph was exported from: with
 * the last name for it. What a module is called with lives at least until that call returns, since
 * the caller holds on to its arguments; what a call returns beside what is used lives until the
 * calling module returns, under a name that nobody looks at.
 */
final class Lifetimes {
  private static final int DIRECT = Integer.MAX_VALUE;

  private final List<Node> nodes;
  private final List<String[]> paths = new ArrayList<>();

  /** For each node and depth, the last node of the call of the module at that depth. */
  private final int[][] ends;

  /** For each slot the node after which it dies, -1 for what nobody frees here. */
  private final int[] death;

  /** For each slot how deep the module is whose return frees it; the deepest return first. */
  private final int[] depth;

  private Lifetimes(Graph graph, int slots) {
    nodes = graph.nodes();
    String[] before = {};
    for (Node node : nodes) {
      // Sizes are read off on the side; they belong to no module.
      before =
          SymbolicCall.is(node.op())
              ? before
              : node.module().isEmpty() ? new String[0] : node.module().split("\\.");
      paths.add(before);
    }
    ends = new int[nodes.size()][];
    for (int i = nodes.size() - 1; i >= 0; i--) {
      String[] path = paths.get(i);
      ends[i] = new int[path.length + 1];
      Arrays.fill(ends[i], i);
      ends[i][0] = nodes.size() - 1;
      if (i + 1 < nodes.size()) {
        int shared = shared(path, paths.get(i + 1));
        System.arraycopy(ends[i + 1], 0, ends[i], 0, shared + 1);
      }
    }
    death = new int[slots];
    depth = new int[slots];
    Arrays.fill(death, -1);
  }

  /**
   * Slots that die after each node, in the order in which they do.
   *
   * @param slots number of a value by its name
   * @param count how many values there are
   */
  static int[][] of(Graph graph, ToIntFunction<String> slots, int count) {
    Lifetimes lifetimes = new Lifetimes(graph, count);
    lifetimes.follow(slots);
    graph.outputs().forEach(o -> lifetimes.death[slots.applyAsInt(o)] = -1);
    return lifetimes.byNode();
  }

  private void follow(ToIntFunction<String> slots) {
    int[] made = new int[death.length];
    Arrays.fill(made, -1);
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      for (String used : node.uses()) {
        int slot = slots.applyAsInt(used);
        if (made[slot] >= 0) {
          use(slot, made[slot], i);
        }
      }
      if (!SymbolicCall.is(node.op())) {
        for (String output : node.outputs()) {
          made[slots.applyAsInt(output)] = i;
        }
      }
    }
    for (int slot = 0; slot < made.length; slot++) {
      if (made[slot] >= 0 && death[slot] < 0) {
        unused(slot, made[slot]);
      }
    }
  }

  private void use(int slot, int made, int used) {
    int shared = shared(paths.get(made), paths.get(used));
    boolean argument = paths.get(used).length > shared;
    int end = argument ? ends[used][shared + 1] : used;
    int rank = argument ? shared + 1 : DIRECT;
    if (end > death[slot] || (end == death[slot] && rank < depth[slot])) {
      death[slot] = end;
      depth[slot] = rank;
    }
  }

  private void unused(int slot, int made) {
    int caller = Math.max(0, paths.get(made).length - 1);
    boolean single = nodes.get(made).outputs().size() == 1;
    death[slot] = single ? made : ends[made][caller];
    depth[slot] = single ? DIRECT : caller;
  }

  private int[][] byNode() {
    List<List<Integer>> dying = new ArrayList<>();
    nodes.forEach(n -> dying.add(new ArrayList<>(2)));
    for (int slot = 0; slot < death.length; slot++) {
      if (death[slot] >= 0) {
        dying.get(death[slot]).add(slot);
      }
    }
    int[][] out = new int[nodes.size()][];
    for (int i = 0; i < out.length; i++) {
      List<Integer> slots = dying.get(i);
      slots.sort(Comparator.comparingInt((Integer s) -> -depth[s]));
      out[i] = slots.stream().mapToInt(Integer::intValue).toArray();
    }
    return out;
  }

  private static int shared(String[] a, String[] b) {
    int i = 0;
    while (i < a.length && i < b.length && a[i].equals(b[i])) {
      i++;
    }
    return i;
  }
}
