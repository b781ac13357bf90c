package dev.headroom.paper;

/** Bytes that one or more tensors look at. */
final class Storage {
  /** Block in the ledger, or -1 for a storage of no bytes. */
  final int block;

  int refs;

  Storage(int block) {
    this.block = block;
  }
}
