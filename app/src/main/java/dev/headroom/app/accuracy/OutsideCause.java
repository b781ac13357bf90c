package dev.headroom.app.accuracy;

import dev.headroom.graph.Graph;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.LargestBatch;
import java.util.Locale;
import java.util.Set;

/** Why a largest batch that was found lies outside the plan's interval, as far as is known. */
final class OutsideCause {
  /** Of these, autocast of PyTorch 1.12 took half precision and a later one asks for float32. */
  private static final Set<String> WIDENED_SINCE = Set.of("upsample_nearest2d");

  private OutsideCause() {}

  /**
   * One cause.
   *
   * @param tooMuch whether what surely fits is more than trained; else what may fit is less
   */
  static String of(Graph graph, TimmRow row, GpuLimits limits, boolean tooMuch) {
    LargestBatch exact = limits.largest();
    if (exact == null) {
      return "nothing fits by the plan";
    }
    if (!tooMuch) {
      if (calls(graph, WIDENED_SINCE)) {
        return "PyTorch 1.12's autocast left upsampling in half precision";
      }
      if (calls(graph, Set.of("to"))) {
        return "a cast to the input's own type, which was float32 when the network was exported";
      }
      return edge(exact.failsAt() - 1, row.batch(), "may fit");
    }
    return edge(exact.fits(), row.next(), "surely fit");
  }

  /**
   * How much what surely fits is more than the batch that failed, in per cent; or, negative, what
   * may fit less than the one that trained.
   */
  static double offPercent(TimmRow row, GpuLimits limits, boolean tooMuch) {
    LargestBatch exact = limits.largest();
    if (exact == null) {
      return -100;
    }
    return tooMuch ? percent(exact.fits(), row.next()) : percent(exact.failsAt() - 1, row.batch());
  }

  private static double percent(long limit, long decisive) {
    return 100.0 * (limit - decisive) / decisive;
  }

  private static boolean calls(Graph graph, Set<String> operators) {
    return graph.nodes().stream().anyMatch(node -> operators.contains(node.operator()));
  }

  /** How far the limit lies from the batch that decides. */
  private static String edge(long limit, long decisive, String what) {
    return String.format(
        Locale.ROOT,
        "%d %s, %d %s: %+.1f %%",
        limit,
        what,
        decisive,
        what.startsWith("may") ? "trained" : "failed",
        percent(limit, decisive));
  }
}
