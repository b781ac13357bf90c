package dev.headroom.loop;

import dev.headroom.engine.Engine;
import dev.headroom.ledger.Category;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An exponential moving average of the parameters, as {@code AveragedModel} keeps one with {@code
 * get_ema_multi_avg_fn}: the first update copies, later ones move a step towards the parameters.
 *
 * @param <T> handle to a tensor
 */
final class WeightAverage<T> {
  private final Engine<T> engine;
  private final double decay;
  private final List<T> parameters;
  private final Map<String, T> averages = new LinkedHashMap<>();

  /** Copies the parameters. */
  WeightAverage(Engine<T> engine, double decay, Map<String, T> parameters) {
    this.engine = engine;
    this.decay = decay;
    this.parameters = List.copyOf(parameters.values());
    parameters.forEach(
        (path, parameter) -> {
          T copy = engine.call("aten.clone.default", parameter).getFirst();
          engine.tag(copy, Category.BUFFER);
          averages.put(path, copy);
        });
  }

  /** After an optimizer step; steps count from 1. */
  void update(long step) {
    engine
        .call(
            "aten._foreach_lerp_.Scalar",
            new ArrayList<>(averages.values()),
            parameters,
            step == 1 ? 1.0 : 1 - decay)
        .forEach(engine::release);
  }

  /** The averages by path; borrowed. */
  Map<String, T> averages() {
    return averages;
  }

  /** The average of one parameter; borrowed. */
  T of(String path) {
    return Objects.requireNonNull(averages.get(path), path);
  }

  void close() {
    averages.values().forEach(engine::release);
  }
}
