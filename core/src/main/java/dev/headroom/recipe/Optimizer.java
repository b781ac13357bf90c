package dev.headroom.recipe;

import java.util.Locale;

/**
 * The optimizers of torch.optim that a recipe can name, with the options that a user gets by
 * writing only the learning rate.
 */
public enum Optimizer {
  SGD("sgd", 1e-3, 0),
  /** SGD with momentum 0.9. */
  MOMENTUM("momentum", 1e-3, 0),
  ADAM("adam", 1e-3, 0),
  ADAMW("adamw", 1e-3, 1e-2),
  RMSPROP("rmsprop", 1e-2, 0),
  ADAGRAD("adagrad", 1e-2, 0);

  /** How a step is carried out. */
  public enum Form {
    /** Parameter by parameter: PyTorch's choice on the CPU. */
    FOR_LOOP,
    /** Multi-tensor calls: PyTorch's choice on CUDA. */
    FOREACH,
    /** One call for everything. */
    FUSED;

    /** As the command line and the JSON write it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final String label;
  private final double defaultLearningRate;
  private final double weightDecay;

  Optimizer(String label, double defaultLearningRate, double weightDecay) {
    this.label = label;
    this.defaultLearningRate = defaultLearningRate;
    this.weightDecay = weightDecay;
  }

  /** As the command line and the JSON write it. */
  public String label() {
    return label;
  }

  /** torch.optim's default. */
  public double defaultLearningRate() {
    return defaultLearningRate;
  }

  /** torch.optim's default. */
  public double weightDecay() {
    return weightDecay;
  }

  /** Whether PyTorch has a form of it. */
  public boolean has(Form form) {
    return !(this == RMSPROP && form == Form.FUSED);
  }
}
