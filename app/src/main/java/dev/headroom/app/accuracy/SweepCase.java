package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.effect.StepsLaw;
import dev.headroom.effect.ThroughputCurve;
import dev.headroom.effect.TimeToTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A full sweep and the advices that went without it.
 *
 * @param sweep what {@code sweep --json} printed
 * @param advices what {@code advise --json} printed, one per seed
 */
record SweepCase(JsonNode sweep, List<JsonNode> advices) {
  SweepCase {
    advices = List.copyOf(advices);
  }

  /**
   * What the sweep came to at one batch.
   *
   * @param batch images in a step
   * @param steps to the target, mean over seeds
   * @param seconds to the target, mean over seeds, on the sweep's clock
   * @param deviation of the seconds over seeds
   */
  record Actual(int batch, double steps, double seconds, double deviation) {}

  /** Every batch at which all seeds arrived. */
  List<Actual> actual() {
    String clock =
        sweep.get("clock").asText().equals("processor") ? "cpuSecondsToTarget" : "secondsToTarget";
    List<Actual> out = new ArrayList<>();
    for (JsonNode b : sweep.get("batches")) {
      if (b.get("arrived").asInt() == b.get("runs").asInt() && b.has(clock)) {
        out.add(
            new Actual(
                b.get("batch").asInt(),
                b.at("/stepsToTarget/mean").asDouble(),
                b.get(clock).get("mean").asDouble(),
                b.get(clock).get("sd").asDouble()));
      }
    }
    return out;
  }

  /** The least time of any batch. */
  double leastSeconds() {
    return actual().stream().mapToDouble(Actual::seconds).min().orElse(Double.NaN);
  }

  /** The law of the whole sweep: fitted to what it is held against here. */
  TimeToTarget fitted() {
    return law(actual());
  }

  /** The law through all other batches: it foretells this one. */
  TimeToTarget without(int batch) {
    return law(actual().stream().filter(a -> a.batch() != batch).toList());
  }

  private static TimeToTarget law(List<Actual> batches) {
    return new TimeToTarget(
        StepsLaw.fit(batches.stream().map(a -> new StepsLaw.Point(a.batch(), a.steps())).toList()),
        ThroughputCurve.fit(
            batches.stream()
                .map(a -> new ThroughputCurve.Point(a.batch(), a.seconds() / a.steps()))
                .toList()));
  }

  /** What an advice foretells, if its trial reached the target. */
  static OptionalDouble foretold(JsonNode advice, int batch) {
    return advice.at("/trial/arrived").asBoolean() && advice.has("law")
        ? OptionalDouble.of(law(advice).seconds(batch))
        : OptionalDouble.empty();
  }

  /** By how much the time at an advice's batch is above the least, a fraction. */
  OptionalDouble regret(JsonNode advice) {
    int batch = advice.at("/worthUsing/batch").asInt();
    return actual().stream()
        .filter(a -> a.batch() == batch)
        .mapToDouble(a -> a.seconds() / leastSeconds() - 1)
        .findFirst();
  }

  private static TimeToTarget law(JsonNode advice) {
    List<ThroughputCurve.Point> points = new ArrayList<>();
    for (JsonNode point : advice.get("throughput")) {
      double batch = point.get("batch").asDouble();
      points.add(new ThroughputCurve.Point(batch, batch / point.get("imagesPerSecond").asDouble()));
    }
    return new TimeToTarget(
        new StepsLaw(
            advice.at("/law/fewestSteps").asDouble(), advice.at("/law/fewestImages").asDouble()),
        ThroughputCurve.fit(points));
  }
}
