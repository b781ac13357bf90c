package dev.headroom.allocator;

/**
 * An ordered set of blocks (a treap whose links lie in {@link Blocks}): by size, then address, or
 * by address alone. The counterpart of the {@code std::set<Block*>} in {@code
 * c10/cuda/CUDACachingAllocator.cpp}.
 */
final class BlockTree {
  private static final int NONE = Blocks.NONE;

  private final Blocks blocks;
  private final boolean bySize;
  private int root = NONE;

  BlockTree(Blocks blocks, boolean bySize) {
    this.blocks = blocks;
    this.bySize = bySize;
  }

  void add(int x) {
    int priority = blocks.nextPriority();
    blocks.priority[x] = priority;
    long size = bySize ? blocks.size[x] : 0;
    long address = blocks.address[x];
    int parent = NONE;
    boolean toLeft = false;
    int at = root;
    while (at != NONE && blocks.priority[at] >= priority) {
      parent = at;
      toLeft = before(size, address, at);
      at = toLeft ? blocks.left[at] : blocks.right[at];
    }
    link(parent, toLeft, x);
    // Split what was there into smaller and larger than x.
    int smaller = NONE;
    int larger = NONE;
    blocks.left[x] = NONE;
    blocks.right[x] = NONE;
    while (at != NONE) {
      if (before(size, address, at)) {
        if (larger == NONE) {
          blocks.right[x] = at;
        } else {
          blocks.left[larger] = at;
        }
        larger = at;
        at = blocks.left[at];
      } else {
        if (smaller == NONE) {
          blocks.left[x] = at;
        } else {
          blocks.right[smaller] = at;
        }
        smaller = at;
        at = blocks.right[at];
      }
    }
    if (smaller != NONE) {
      blocks.right[smaller] = NONE;
    }
    if (larger != NONE) {
      blocks.left[larger] = NONE;
    }
  }

  void remove(int x) {
    long size = bySize ? blocks.size[x] : 0;
    long address = blocks.address[x];
    int parent = NONE;
    boolean toLeft = false;
    int at = root;
    while (at != x) {
      if (at == NONE) {
        throw new IllegalStateException("block " + x + " is not in its pool");
      }
      parent = at;
      toLeft = before(size, address, at);
      at = toLeft ? blocks.left[at] : blocks.right[at];
    }
    int a = blocks.left[x];
    int b = blocks.right[x];
    while (a != NONE && b != NONE) {
      if (blocks.priority[a] >= blocks.priority[b]) {
        link(parent, toLeft, a);
        parent = a;
        toLeft = false;
        a = blocks.right[a];
      } else {
        link(parent, toLeft, b);
        parent = b;
        toLeft = true;
        b = blocks.left[b];
      }
    }
    link(parent, toLeft, a == NONE ? b : a);
  }

  /** The first block of at least this size (by address: at or behind it), or NONE. */
  int ceiling(long size, long address) {
    int best = NONE;
    int at = root;
    while (at != NONE) {
      if (after(size, address, at)) {
        at = blocks.right[at];
      } else {
        best = at;
        at = blocks.left[at];
      }
    }
    return best;
  }

  int first() {
    int at = root;
    while (at != NONE && blocks.left[at] != NONE) {
      at = blocks.left[at];
    }
    return at;
  }

  int last() {
    int at = root;
    while (at != NONE && blocks.right[at] != NONE) {
      at = blocks.right[at];
    }
    return at;
  }

  /** The block behind x in order, or NONE. */
  int next(int x) {
    return ceiling(bySize ? blocks.size[x] : 0, blocks.address[x] + 1);
  }

  private void link(int parent, boolean toLeft, int child) {
    if (parent == NONE) {
      root = child;
    } else if (toLeft) {
      blocks.left[parent] = child;
    } else {
      blocks.right[parent] = child;
    }
  }

  /** Whether (size, address) comes before a block. */
  private boolean before(long size, long address, int block) {
    if (bySize) {
      long other = blocks.size[block];
      if (size != other) {
        return size < other;
      }
    }
    return address < blocks.address[block];
  }

  /** Whether (size, address) comes after a block. */
  private boolean after(long size, long address, int block) {
    if (bySize) {
      long other = blocks.size[block];
      if (size != other) {
        return size > other;
      }
    }
    return address > blocks.address[block];
  }
}
