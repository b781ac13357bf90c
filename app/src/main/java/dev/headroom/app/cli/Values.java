package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.tensor.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters for option values; each says in plain words what it expected. */
final class Values {
  private Values() {}

  /** A whole number from 1 to a thousand million. */
  static final class Count implements ITypeConverter<Integer> {
    static final int MAX = 1_000_000_000;

    @Override
    public Integer convert(String value) {
      return (int) whole(value, 1, MAX);
    }
  }

  /** Any seed of 64 bits. */
  static final class Seed implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      try {
        return Long.valueOf(value);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + value + "' is not a whole number of 64 bits");
      }
    }
  }

  /** A finite number that is not below zero. */
  static final class NotNegative implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      return value.matches("[+-]?0+([.]0*)?") ? Double.valueOf(0) : new Rate().convert(value);
    }
  }

  /** The shape of a learning-rate schedule. */
  static final class Schedule extends Choice {
    Schedule() {
      super("constant", "linear", "cosine", "step");
    }
  }

  /** A finite number above zero. */
  static final class Rate implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      double rate;
      try {
        rate = Double.parseDouble(value);
      } catch (NumberFormatException e) {
        rate = Double.NaN;
      }
      if (!(rate > 0) || Double.isInfinite(rate)) {
        throw new TypeConversionException("'" + value + "' is not a number above 0, such as 0.001");
      }
      return rate;
    }
  }

  /** A size in bytes, above zero. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      long bytes;
      try {
        bytes = Bytes.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
      if (bytes == 0) {
        throw new TypeConversionException("'" + value + "' leaves nothing: give at least 1 B");
      }
      return bytes;
    }
  }

  /** Numbers such as {@code 256,128}. */
  static final class Counts implements ITypeConverter<List<Integer>> {
    @Override
    public List<Integer> convert(String value) {
      return numbers(value, ",", "a list such as 256,128");
    }
  }

  /** A shape without the batch, such as {@code 3x224x224}. */
  static final class InputShape implements ITypeConverter<List<Integer>> {
    @Override
    public List<Integer> convert(String value) {
      return numbers(value.toLowerCase(Locale.ROOT), "x", "a shape such as 3x224x224");
    }
  }

  /** An optimizer of torch.optim. */
  static final class OptimizerName extends Choice {
    OptimizerName() {
      super("sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad");
    }
  }

  /** The form of its step. */
  static final class OptimizerImpl extends Choice {
    OptimizerImpl() {
      super("default", "for-loop", "foreach", "fused");
    }
  }

  /** What happens to the old batch when a new one arrives. */
  static final class BatchArrival extends Choice {
    BatchArrival() {
      super("replace", "fixed", "overlap");
    }
  }

  /** What autocast computes in. */
  static final class PrecisionName extends Choice {
    PrecisionName() {
      super("fp32", "bf16", "fp16");
    }
  }

  /** What backward computes again. */
  static final class CheckpointName implements ITypeConverter<String> {
    @Override
    public String convert(String value) {
      try {
        return Checkpoint.parse(value).label();
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Something that is on or off. */
  static final class Switch extends Choice {
    Switch() {
      super("on", "off");
    }
  }

  /** A shape behind the batch, such as {@code 32x32}; {@code B} or {@code Bx32x32} is the same. */
  static final class TargetShape implements ITypeConverter<List<Integer>> {
    @Override
    public List<Integer> convert(String value) {
      String sizes = value.toLowerCase(Locale.ROOT).replaceFirst("^b(x|$)", "");
      return sizes.isEmpty() && !value.isEmpty()
          ? List.of()
          : numbers(sizes, "x", "a shape such as 32x32, or B");
    }
  }

  /** What the output is held against. */
  static final class LossName extends Choice {
    LossName() {
      super("cross_entropy", "mse", "bce_with_logits", "nll", "l1", "smooth_l1", "none");
    }
  }

  /** Where the ledger comes from. */
  static final class LedgerName extends Choice {
    LedgerName() {
      super("auto", "written", "recorded");
    }
  }

  private static List<Integer> numbers(String value, String separator, String expected) {
    try {
      return Arrays.stream(value.split(separator, -1))
          .map(part -> (int) whole(part.strip(), 1, Count.MAX))
          .toList();
    } catch (TypeConversionException e) {
      throw new TypeConversionException(
          "'" + value + "' is not " + expected + ": " + e.getMessage());
    }
  }

  private static long whole(String value, long min, long max) {
    long number;
    try {
      number = Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + value + "' is not a whole number");
    }
    if (number < min || number > max) {
      throw new TypeConversionException(
          String.format(Locale.ROOT, "%,d is not between %,d and %,d", number, min, max));
    }
    return number;
  }
}
