package dev.headroom.app.accuracy;

import dev.headroom.app.Progress;
import dev.headroom.device.Device;
import dev.headroom.importers.device.DeviceCatalogue;
import dev.headroom.plan.GpuLimits;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** What the largest batches come to with the card as {@code --device} names it. */
final class CatalogueCard {
  private static final long MIB = 1L << 20;
  private static final String NAME = "rtx3090";

  private CatalogueCard() {}

  /**
   * A paragraph that nobody takes one card for the other.
   *
   * @param taken the card as it was in those days
   * @param rows all that are compared
   */
  static List<String> lines(Device taken, List<TimmRow> rows, Progress progress)
      throws IOException {
    Device card = Objects.requireNonNull(DeviceCatalogue.find(NAME), NAME);
    Map<String, TriedInterval> found = new ConcurrentHashMap<>();
    TimmNetworks.all().parallelStream()
        .forEach(
            network -> {
              TriedInterval interval =
                  TriedInterval.of(new GpuLimits(MaxBatchSection.question(network.graph(), card)));
              network.models().forEach(model -> found.put(model, interval));
              progress.advance(1);
            });
    long inside = 0;
    long tooMuch = 0;
    for (TimmRow row : rows) {
      TriedInterval interval = Objects.requireNonNull(found.get(row.model()), row.model());
      inside += interval.holds(row) ? 1 : 0;
      tooMuch += interval.isTooMuch(row) ? 1 : 0;
    }
    return List.of(
        String.format(
            Locale.ROOT,
            "The card is not quite the catalogue's `--device %s`: PyTorch 1.12 for CUDA 11.3"
                + " loads every kernel at the start, so the context counts as %,d to %,d MiB, and"
                + " the driver's share of that card is known, %,d MiB. The catalogue means a"
                + " PyTorch of today, which loads kernels when they are called: %,d to %,d MiB,"
                + " and a driver's share of %,d to %,d MiB. **With the catalogue's card as it is,"
                + " %d of the %d rows lie inside; what surely fits is too much for %d, what may"
                + " fit too little for %d.**",
            NAME,
            taken.contextLeastBytes() / MIB,
            taken.contextMostBytes() / MIB,
            taken.driverMostBytes() / MIB,
            card.contextLeastBytes() / MIB,
            card.contextMostBytes() / MIB,
            card.driverLeastBytes() / MIB,
            card.driverMostBytes() / MIB,
            inside,
            rows.size(),
            tooMuch,
            rows.size() - inside - tooMuch),
        "");
  }
}
