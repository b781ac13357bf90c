package dev.headroom.app.cli;

import dev.headroom.app.DoesNotFitException;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.plan.Budget;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.Shortage;
import dev.headroom.tensor.Bytes;
import dev.headroom.torch.TorchOutOfMemoryException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Memory ran out while training: what was there, by the plan, and which batch would have fit. */
final class RanOut {
  private RanOut() {}

  /**
   * The failure in words.
   *
   * @param ledger the planned run, equal to the real one event for event
   * @param solver the largest batch within a budget, or null if not even 1 fits
   */
  static DoesNotFitException explain(
      TorchOutOfMemoryException failure,
      long batch,
      Ledger ledger,
      Function<Budget, @Nullable LargestBatch> solver) {
    Shortage shortage = Shortage.of(ledger, failure.requestedBytes());
    String message = "ran out of memory with batch " + batch + ": " + failure.getMessage();
    if (shortage == null) {
      return new DoesNotFitException(
          message, "Use a smaller --batch, or --auto-batch, which finds one.", failure);
    }
    String held =
        shortage.byCategory().entrySet().stream()
            .sorted(Map.Entry.<Category, Long>comparingByValue(Comparator.reverseOrder()))
            .map(e -> name(e.getKey()) + " " + Bytes.format(e.getValue()))
            .collect(Collectors.joining(", "));
    LargestBatch fits = solver.apply(new Budget(shortage.liveBytes(), Budget.Source.GIVEN));
    return new DoesNotFitException(
        message
            + String.format(
                Locale.ROOT,
                ". In %s of iteration %d, %s were in use: %s",
                shortage.span().phase().name().toLowerCase(Locale.ROOT),
                shortage.span().iteration(),
                Bytes.format(shortage.liveBytes()),
                held),
        (fits == null
                ? "Not even batch 1 would fit in that. "
                : "Batch "
                    + fits.fits()
                    + " would fit in that: use --batch "
                    + fits.recommended()
                    + " (80 %), ")
            + "or --auto-batch, which steps down by itself.",
        failure);
  }

  private static String name(Category category) {
    return category.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
