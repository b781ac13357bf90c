package dev.headroom.app.watch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects samples: what is used now, the peak, who used most, and when a ceiling was passed. */
public final class Watch {
  /** Beyond this many, two neighbouring values become one, so that a week fits in memory. */
  private static final int MAX_VALUES = 4096;

  private final Source source;
  private final @Nullable Long ceilingBytes;
  private final Map<String, Device> devices = new LinkedHashMap<>();
  private final List<Alarm> alarms = new ArrayList<>();
  private long samples;

  /** A memory over time. */
  public static final class Device {
    private final String name;
    private final List<Long> values = new ArrayList<>();
    private final Map<Long, Sample.Use> highest = new LinkedHashMap<>();
    private @Nullable Long totalBytes;
    private @Nullable Long usedBytes;
    private @Nullable Long peakBytes;
    private int perValue = 1;
    private int inLast;
    private boolean above;

    Device(String name) {
      this.name = name;
    }

    public String name() {
      return name;
    }

    public @Nullable Long totalBytes() {
      return totalBytes;
    }

    /** In the last sample that told. */
    public @Nullable Long usedBytes() {
      return usedBytes;
    }

    public @Nullable Long peakBytes() {
      return peakBytes;
    }

    /** The highest of every process, the largest first. */
    public List<Sample.Use> processes() {
      return highest.values().stream()
          .sorted(Comparator.comparingLong(use -> use.bytes() == null ? 0 : -use.bytes()))
          .toList();
    }

    /** The curve so far. */
    public String sparkline(int columns) {
      return Sparkline.of(values, columns, 0);
    }

    private void add(Sample sample) {
      totalBytes = sample.totalBytes() == null ? totalBytes : sample.totalBytes();
      for (Sample.Use use : sample.processes()) {
        highest.merge(
            use.pid(),
            use,
            (a, b) -> a.bytes() != null && (b.bytes() == null || a.bytes() >= b.bytes()) ? a : b);
      }
      Long used = sample.usedBytes();
      if (used == null) {
        return;
      }
      usedBytes = used;
      peakBytes = peakBytes == null ? used : (Long) Math.max(peakBytes, used);
      if (inLast > 0 && inLast < perValue) {
        values.set(values.size() - 1, Math.max(values.getLast(), used));
      } else {
        values.add(used);
        inLast = 0;
      }
      inLast++;
      if (values.size() > MAX_VALUES) {
        for (int i = 0; i < values.size() / 2; i++) {
          values.set(i, Math.max(values.get(2 * i), values.get(2 * i + 1)));
        }
        values.subList(values.size() / 2, values.size()).clear();
        perValue *= 2;
        inLast = perValue;
      }
    }
  }

  /**
   * A ceiling was passed.
   *
   * @param device which memory
   * @param seconds since the beginning
   * @param usedBytes what was used
   */
  public record Alarm(String device, double seconds, long usedBytes) {}

  /**
   * Prepares to watch.
   *
   * @param ceilingBytes what should not be passed, or null
   */
  public Watch(Source source, @Nullable Long ceilingBytes) {
    this.source = source;
    this.ceilingBytes = ceilingBytes;
  }

  /**
   * Takes a sample.
   *
   * @param seconds since the beginning
   * @return alarms that this sample raises; one for every time that a ceiling is passed
   */
  public List<Alarm> sample(double seconds) throws IOException {
    List<Alarm> raised = new ArrayList<>();
    for (Sample sample : source.read()) {
      Device device = devices.computeIfAbsent(sample.device(), Device::new);
      device.add(sample);
      Long used = sample.usedBytes();
      if (ceilingBytes != null && used != null) {
        if (used > ceilingBytes && !device.above) {
          raised.add(new Alarm(device.name(), seconds, used));
        }
        device.above = used > ceilingBytes;
      }
    }
    samples++;
    alarms.addAll(raised);
    return raised;
  }

  /** The memories in the order of the source. */
  public List<Device> devices() {
    return List.copyOf(devices.values());
  }

  public List<Alarm> alarms() {
    return List.copyOf(alarms);
  }

  /** How many samples were taken. */
  public long samples() {
    return samples;
  }
}
