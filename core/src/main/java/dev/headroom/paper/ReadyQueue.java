package dev.headroom.paper;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The autograd engine's queue: the youngest node first. It is a binary heap that sifts as the C++
 * library's {@code push_heap} and {@code pop_heap} do, because the order among nodes of the same
 * age, such as the accumulators of two parameters, follows from that.
 */
final class ReadyQueue {
  private final List<GradNode> heap = new ArrayList<>();

  void push(GradNode node) {
    heap.add(node);
    up(heap.size() - 1, node);
  }

  private void up(int hole, GradNode node) {
    int at = hole;
    while (at > 0) {
      int parent = (at - 1) / 2;
      if (heap.get(parent).sequence >= node.sequence) {
        break;
      }
      heap.set(at, heap.get(parent));
      at = parent;
    }
    heap.set(at, node);
  }

  @Nullable GradNode pop() {
    if (heap.isEmpty()) {
      return null;
    }
    GradNode top = heap.getFirst();
    GradNode last = heap.removeLast();
    int size = heap.size();
    if (size > 0) {
      // The hole goes down to a leaf along the larger children, then the last element up from it.
      int hole = 0;
      int child = 2;
      while (child < size) {
        if (heap.get(child).sequence < heap.get(child - 1).sequence) {
          child--;
        }
        heap.set(hole, heap.get(child));
        hole = child;
        child = 2 * child + 2;
      }
      if (child == size) {
        heap.set(hole, heap.get(child - 1));
        hole = child - 1;
      }
      up(hole, last);
    }
    return top;
  }
}
