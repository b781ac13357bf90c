package dev.headroom.app.accuracy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * In what a call on paper is equal to the recorded one.
 *
 * @param call which
 * @param kept bytes kept for backward, with every loss
 * @param typed shapes, strides and element types of results and gradients
 * @param allocated every allocation without gradients
 */
record OperatorAgreement(OperatorCall call, boolean kept, boolean typed, boolean allocated) {
  /**
   * Calls whose kept bytes tell what CUDA's rules choose: the element type of a mask, and what a
   * norm keeps when it trains and when it does not.
   */
  private enum Family {
    NORM(
        "batch norm: images, sequences, rows; training or not; with weights or without",
        "batch_norm"),
    DROPOUT("dropouts and their masks", "(feature_|alpha_|feature_alpha_)?dropout_?"),
    CONDITION(
        "masks as conditions: `masked_fill`, `masked_scatter`, `where`",
        "masked_fill_?|masked_scatter_?|where"),
    ATTENTION(
        "attention: causal, without a mask, with one of bool or of float",
        "scaled_dot_product_attention");

    private final String words;
    private final String operators;

    Family(String words, String operators) {
      this.words = words;
      this.operators = operators;
    }

    boolean holds(OperatorAgreement a) {
      return a.call.op().matches("aten\\.(" + operators + ")\\..*");
    }
  }

  static OperatorAgreement of(OperatorCall call) {
    boolean kept = true;
    boolean typed = true;
    for (String mode : call.modes()) {
      OperatorCall.Figures written = call.predicted(mode);
      OperatorCall.Figures recorded = call.recorded(mode);
      long seeds = OperatorDeviation.seedBytes(call, mode);
      kept &= written.savedBytes() == recorded.savedBytes() - seeds;
      typed &= written.types().equals(recorded.types());
    }
    boolean allocated =
        call.predicted("NO_GRAD").allocated().equals(call.recorded("NO_GRAD").allocated());
    return new OperatorAgreement(call, kept, typed, allocated);
  }

  private static long count(List<OperatorAgreement> all, Predicate<OperatorAgreement> which) {
    return all.stream().filter(which).count();
  }

  /** What all calls come to, and those that show masks, norms and attention. */
  static List<String> lines(List<OperatorAgreement> all, Map<String, Object> json) {
    Set<String> operators = new TreeSet<>();
    Set<String> within = new TreeSet<>();
    for (OperatorAgreement a : all) {
      operators.add(a.call.op());
      if (!a.allocated) {
        within.add(a.call.op().replace("aten.", "").replace(".default", ""));
      }
    }
    long kept = count(all, OperatorAgreement::kept);
    long typed = count(all, OperatorAgreement::typed);
    long allocated = count(all, OperatorAgreement::allocated);
    json.put(
        "operators",
        Map.of("calls", all.size(), "kept", kept, "types", typed, "allocations", allocated));
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add("### Operator by operator");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "The same with single calls, each followed by a sum and by a mean: **%,d calls of %d"
                + " operators. Bytes kept for backward are equal in %,d (seeds of e left out),"
                + " shapes and strides of results and gradients in %,d, what is allocated without"
                + " gradients in %,d.**",
            all.size(),
            operators.size(),
            kept,
            typed,
            allocated));
    lines.add(
        "Strides: fake tensors resize images of up to three channels into another format than"
            + " `UpSample.cpp` says. Allocations: a kernel or C++ function makes copies and steps"
            + " that fake tensors do not run ("
            + String.join(", ", within)
            + ").");
    lines.addAll(families(all));
    return lines;
  }

  /** The table of those that show masks, norms and attention. */
  static List<String> families(List<OperatorAgreement> all) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "Of these calls, those whose kept bytes tell a mask's element type or what a norm keeps:");
    lines.add("");
    lines.add("| calls | | bytes kept equal | types equal |");
    lines.add("|---|---:|---:|---:|");
    for (Family family : Family.values()) {
      List<OperatorAgreement> some = all.stream().filter(family::holds).toList();
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d |",
              family.words,
              some.size(),
              count(some, OperatorAgreement::kept),
              count(some, OperatorAgreement::typed)));
    }
    return lines;
  }
}
