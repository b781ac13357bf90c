package dev.headroom.zoo;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a built-in network shall differ from its default: {@code Options.none().classes(10)}.
 *
 * @param sample shape of one sample without the batch; empty for the network's own
 * @param settings by name as on the command line, without dashes: {@code layers}, {@code hidden}; 0
 *     for a flag is off
 */
public record Options(List<Long> sample, Map<String, List<Long>> settings) {
  public Options {
    sample = List.copyOf(sample);
    settings = Map.copyOf(settings);
  }

  /** Nothing differs. */
  public static Options none() {
    return new Options(List.of(), Map.of());
  }

  /** The same for samples of a shape, such as 3, 32, 32. */
  public Options sample(List<Long> shape) {
    return new Options(shape, settings);
  }

  /** The same for a number of classes. */
  public Options classes(long n) {
    return with("classes", n);
  }

  /** The same with one more setting. */
  public Options with(String name, long... values) {
    Map<String, List<Long>> more = new LinkedHashMap<>(settings);
    more.put(name, Arrays.stream(values).boxed().toList());
    return new Options(sample, more);
  }

  /** A setting of one number. */
  int number(String name) {
    return Math.toIntExact(list(name).getFirst());
  }

  /** A setting that is on or off. */
  boolean flag(String name) {
    return number(name) != 0;
  }

  /** A setting of several numbers. */
  List<Long> list(String name) {
    List<Long> values = settings.get(name);
    if (values == null || values.isEmpty()) {
      throw new IllegalStateException("no default for the setting " + name);
    }
    return values;
  }
}
