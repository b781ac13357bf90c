package dev.headroom.app.cli;

import dev.headroom.app.fit.ProbeRunner;
import dev.headroom.plan.LargestBatch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code fit} expects of a device, and how it tries batches there. */
interface Fitting {
  /**
   * How a table and the JSON call what a probe brings.
   *
   * @param columns headers for predicted, measured and taken bytes
   * @param fields of the JSON for the same
   */
  record Names(List<String> columns, List<String> fields) {}

  /** The plan's answer; null if it is not sure that even batch 1 fits. */
  @Nullable LargestBatch planned();

  /** Bytes of a probe by the plan, see {@link dev.headroom.app.fit.Probe}. */
  long predictedBytes(long batch);

  /** Tries batches; the caller closes it. */
  ProbeRunner runner(double secondsEach);

  /** What training may use, as the line above the table has it. */
  String within();

  /** The same in the sentences below it. */
  String budget();

  /** Whether the plan thinks that batch 1 fits, without being sure. */
  boolean mayFit();

  /** Samples to train on, 0 if unknown. */
  int trainSize();

  /** Names of columns and fields. */
  Names names();

  /** The plan, as {@code plan --json} has it. */
  Map<String, Object> json();
}
