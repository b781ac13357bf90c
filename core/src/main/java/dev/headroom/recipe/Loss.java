package dev.headroom.recipe;

import java.util.Locale;

/** What the network's output is held against, with a mean over all elements. */
public enum Loss {
  /** Logits against class indices. */
  CROSS_ENTROPY("aten.cross_entropy_loss.default", true),
  /** Logarithms of probabilities against class indices. */
  NLL("aten.nll_loss_nd.default", true),
  /** Squared distance to values of the output's shape. */
  MSE("aten.mse_loss.default", false),
  /** Logits against probabilities of the output's shape. */
  BCE_WITH_LOGITS("aten.binary_cross_entropy_with_logits.default", false),
  /** Distance to values of the output's shape. */
  L1("aten.l1_loss.default", false),
  /** As L1, quadratic near zero. */
  SMOOTH_L1("aten.smooth_l1_loss.default", false),
  /** The network returns its loss itself. */
  NONE("", false);

  private final String op;
  private final boolean classes;

  Loss(String op, boolean classes) {
    this.op = op;
    this.classes = classes;
  }

  /** The ATen overload that computes it; empty for {@link #NONE}. */
  public String op() {
    return op;
  }

  /** Whether the target is class indices (int64) rather than values of the output's type. */
  public boolean isOverClasses() {
    return classes;
  }

  /** As the command line and the JSON write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
