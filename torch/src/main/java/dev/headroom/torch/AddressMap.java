package dev.headroom.torch;

/** From an address to a block number: open addressing on primitives, no garbage per event. */
final class AddressMap {
  private static final long EMPTY = 0;
  private static final long REMOVED = -1;

  private long[] keys = new long[1024];
  private int[] values = new int[1024];
  private int used;

  void put(long address, int block) {
    if (used * 2 > keys.length) {
      rehash();
    }
    int i = index(address);
    while (keys[i] != EMPTY && keys[i] != REMOVED && keys[i] != address) {
      i = (i + 1) & (keys.length - 1);
    }
    if (keys[i] == EMPTY) {
      used++;
    }
    keys[i] = address;
    values[i] = block;
  }

  /** The block at an address, or -1. */
  int get(long address) {
    int i = find(address);
    return i < 0 ? -1 : values[i];
  }

  /** Forgets an address and returns its block, or -1. */
  int remove(long address) {
    int i = find(address);
    if (i < 0) {
      return -1;
    }
    keys[i] = REMOVED;
    return values[i];
  }

  private int find(long address) {
    int i = index(address);
    while (keys[i] != EMPTY) {
      if (keys[i] == address) {
        return i;
      }
      i = (i + 1) & (keys.length - 1);
    }
    return -1;
  }

  private int index(long address) {
    // Addresses are multiples of 64: mix the upper bits down.
    return (int) ((address * 0x9E3779B97F4A7C15L) >>> 40) & (keys.length - 1);
  }

  private void rehash() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    int live = 0;
    for (long key : oldKeys) {
      if (key != EMPTY && key != REMOVED) {
        live++;
      }
    }
    int size = oldKeys.length;
    while (live * 4 > size) {
      size *= 2;
    }
    keys = new long[size];
    values = new int[size];
    used = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != EMPTY && oldKeys[i] != REMOVED) {
        put(oldKeys[i], oldValues[i]);
      }
    }
  }
}
