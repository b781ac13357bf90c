package dev.headroom.lever;

import java.util.function.UnaryOperator;

/**
 * One change to a training.
 *
 * @param option what to add to the command line; of passes, beside their micro-batch
 * @param kind two levers of one kind exclude each other
 * @param price what is paid for it, in general
 * @param cost what is paid for it, in words; of checkpoints, how many blocks
 * @param change the change itself
 */
public record Lever(
    String option, Kind kind, Price price, String cost, UnaryOperator<Setting> change) {

  /** What is changed. */
  public enum Kind {
    ALLOCATOR,
    ZERO_GRAD,
    ACTIVATION,
    FORM,
    CHECKPOINT,
    ACCUMULATE,
    PRECISION,
    OPTIMIZER,
    /** Smaller samples: another graph, which other levers then change. */
    SAMPLE,
    FREEZE
  }

  /** From cheap to dear. */
  public enum Price {
    /** The same training, as fast or nearly so. */
    NONE,
    /** The same training, slower. */
    TIME,
    /** Batch norm sees fewer samples at once, or values are rounded otherwise. */
    VALUES,
    /** Another training: its settings have to be found again. */
    TRAINING,
    /** Only a part of the network learns: of use where its weights are good already. */
    PART
  }

  /** The training with this change. */
  public Setting apply(Setting setting) {
    return change.apply(setting);
  }
}
