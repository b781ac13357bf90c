package dev.headroom.ledger;

/** The part of a training loop in which something happens. */
public enum Phase {
  SETUP,
  BATCH,
  ZERO_GRAD,
  FORWARD,
  LOSS,
  BACKWARD,
  OPTIMIZER,
  /** Gradient norms between steps, for the noise scale. */
  PROBE,
  VALIDATION
}
