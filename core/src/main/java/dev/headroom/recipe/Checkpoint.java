package dev.headroom.recipe;

import java.util.Locale;

/** Activation checkpointing: what is computed again in backward instead of being kept. */
public enum Checkpoint {
  NONE,
  /** Each repeated block of the network ({@code torch.utils.checkpoint}, non-reentrant). */
  BLOCKS;

  /** As the command line and the JSON write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
