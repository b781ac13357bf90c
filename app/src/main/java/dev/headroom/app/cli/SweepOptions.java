package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.effect.LearningRateRule;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code sweep} and {@code advise} have in common. */
final class SweepOptions {
  private static final int LOOKS_PER_EPOCH = 20;

  @Option(
      names = "--batches",
      paramLabel = "N,N,...",
      converter = Values.Counts.class,
      description = "Batches to compare (default 16,32,64,128,256,512,1024).")
  List<Integer> batches = List.of(16, 32, 64, 128, 256, 512, 1024);

  @Option(
      names = "--target",
      paramLabel = "ACCURACY",
      converter = Accuracy.class,
      description = "Test accuracy at which a run ends, a fraction (default 0.97).")
  double target = 0.97;

  @Option(
      names = "--lr-rule",
      paramLabel = "RULE",
      converter = Rule.class,
      description = {
        "How --lr, meant for batch 64, follows the batch: none (default), sqrt or linear."
      })
  private String rule = "none";

  @Option(
      names = "--warm-up",
      paramLabel = "STEPS",
      converter = Values.Count.class,
      description = "Steps over which the learning rate rises to its full value (default none).")
  int warmUp;

  @Option(
      names = "--look-every",
      paramLabel = "IMAGES",
      converter = Values.Count.class,
      description = "Training images between looks at the test set (default a 20th of the set).")
  private @Nullable Integer lookEvery;

  @Option(
      names = "--history",
      paramLabel = "FILE",
      description = "SQLite file of finished runs (default ~/.headroom/runs.db).")
  private @Nullable Path history;

  /** Training images between two looks at the test set. */
  int lookEvery(int trainSize) {
    return lookEvery == null ? Math.max(1, trainSize / LOOKS_PER_EPOCH) : lookEvery;
  }

  LearningRateRule rule() {
    return LearningRateRule.valueOf(rule.toUpperCase(Locale.ROOT));
  }

  Path history() {
    return history == null
        ? Path.of(System.getProperty("user.home", "."), ".headroom", "runs.db")
        : history;
  }

  /** A fraction above 0, at most 1. */
  static final class Accuracy implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      double fraction;
      try {
        fraction = Double.parseDouble(value);
      } catch (NumberFormatException e) {
        fraction = Double.NaN;
      }
      if (!(fraction > 0 && fraction <= 1)) {
        throw new TypeConversionException("'" + value + "' is no fraction such as 0.97");
      }
      return fraction;
    }
  }

  /** How the learning rate follows the batch. */
  static final class Rule extends Choice {
    Rule() {
      super("none", "sqrt", "linear");
    }
  }
}
