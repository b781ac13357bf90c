package dev.headroom.app.cli;

import dev.headroom.app.watch.Sample;
import dev.headroom.app.watch.Watch;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was seen while watching.
 *
 * @param planned the plan's peak in bytes, or null
 * @param ceiling what should not have been passed, or null
 * @param command what ran; empty for none
 * @param exitCode how it ended, or null
 */
record WatchReport(
    Watch watch,
    double seconds,
    @Nullable Long planned,
    @Nullable Long ceiling,
    List<String> command,
    @Nullable Integer exitCode) {

  /** One memory in one line. */
  static String line(Watch.Device device, int columns) {
    return device.name()
        + "  "
        + device.sparkline(columns)
        + "  "
        + size(device.usedBytes())
        + (device.totalBytes() == null ? "" : " of " + size(device.totalBytes()))
        + ", peak "
        + size(device.peakBytes());
  }

  private static String size(@Nullable Long bytes) {
    return bytes == null ? "not told" : Bytes.format(bytes);
  }

  List<String> text(int columns) {
    List<String> lines = new ArrayList<>();
    for (Watch.Device device : watch.devices()) {
      lines.add(device.name() + ": peak " + size(device.peakBytes()) + of(device));
      lines.add("  " + device.sparkline(columns));
      for (Sample.Use use : device.processes().stream().limit(5).toList()) {
        lines.add(
            String.format(
                Locale.ROOT, "  %8d  %-24s %12s", use.pid(), use.name(), size(use.bytes())));
      }
    }
    if (planned != null) {
      lines.add(
          "The plan says "
              + size(planned)
              + " at the peak"
              + (ceiling != null && !ceiling.equals(planned)
                  ? "; the ceiling is " + size(ceiling)
                  : "")
              + ".");
    }
    if (ceiling != null) {
      lines.add(
          watch.alarms().isEmpty()
              ? "The ceiling of " + size(ceiling) + " was not passed."
              : String.format(
                  Locale.ROOT,
                  "The ceiling of %s was passed %d times, first after %.1f s.",
                  size(ceiling),
                  watch.alarms().size(),
                  watch.alarms().getFirst().seconds()));
    }
    lines.add(String.format(Locale.ROOT, "%,d samples in %.1f s.", watch.samples(), seconds));
    return lines;
  }

  private static String of(Watch.Device device) {
    return device.totalBytes() == null ? "" : " of " + size(device.totalBytes());
  }

  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    if (!command.isEmpty()) {
      out.put("command", command);
    }
    if (exitCode != null) {
      out.put("exitCode", exitCode);
    }
    out.put("seconds", seconds);
    out.put("samples", watch.samples());
    List<Map<String, Object>> devices = new ArrayList<>();
    for (Watch.Device device : watch.devices()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", device.name());
      put(row, "totalBytes", device.totalBytes());
      put(row, "usedBytes", device.usedBytes());
      put(row, "peakBytes", device.peakBytes());
      row.put("processes", device.processes());
      devices.add(row);
    }
    out.put("devices", devices);
    put(out, "plannedBytes", planned);
    put(out, "ceilingBytes", ceiling);
    out.put("alarms", watch.alarms());
    return out;
  }

  /** What was not told is absent. */
  private static void put(Map<String, Object> into, String key, @Nullable Long value) {
    if (value != null) {
      into.put(key, value);
    }
  }
}
