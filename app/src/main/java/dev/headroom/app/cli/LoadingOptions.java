package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.data.Loading;
import dev.headroom.data.Loading.Augment;
import dev.headroom.data.Loading.Order;
import java.util.Map;
import picocli.CommandLine.Option;

/** How training images become batches. */
final class LoadingOptions {
  @Option(
      names = "--augment",
      paramLabel = "HOW",
      converter = Augmentation.class,
      description = {
        "none (default), crop (shifted by up to 4 pixels), flip (mirrored at random) or crop-flip."
      })
  private String augment = "none";

  @Option(names = "--drop-last", description = "Leave an incomplete last batch out.")
  private boolean dropLast;

  @Option(
      names = "--balance",
      description = "Draw every class alike, with replacement, however rare it is.")
  private boolean balance;

  @Option(
      names = "--workers",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Threads that prepare batches (default 1); the order stays the same.")
  private int workers = 1;

  /** The first pass of a run. */
  Loading of(int batch, long seed) {
    Augment how =
        switch (augment) {
          case "crop" -> new Augment(4, false);
          case "flip" -> new Augment(0, true);
          case "crop-flip" -> Augment.CROP_AND_FLIP;
          default -> Augment.NONE;
        };
    return new Loading(
        batch, balance ? Order.BALANCED : Order.SHUFFLED, seed, 1, dropLast, how, workers);
  }

  /** What a resumed run must agree on. */
  void addTo(Map<String, String> identity) {
    identity.put("--augment", augment);
    identity.put("--drop-last", Boolean.toString(dropLast));
    identity.put("--balance", Boolean.toString(balance));
  }

  /** What may be done to training images. */
  static final class Augmentation extends Choice {
    Augmentation() {
      super("none", "crop", "flip", "crop-flip");
    }
  }
}
