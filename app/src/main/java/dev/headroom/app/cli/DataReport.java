package dev.headroom.app.cli;

import dev.headroom.data.ImageFormat;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Normalize;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One image before and after each transform, and its set. */
final class DataReport {
  private final ImageSet set;
  private final int index;
  private final List<Stage> stages = new ArrayList<>();

  /** An image at one point of its way into the network. */
  private record Stage(String name, String shape, String dtype, float min, float max, long bytes) {}

  DataReport(ImageSet set, int index) {
    this.set = set;
    this.index = index;
    ImageFormat f = set.format();
    Normalize normalize = Normalize.of(f);
    float[] tensor = new float[f.values()];
    float[] normalized = new float[f.values()];
    float[] raw = new float[f.values()];
    int plane = f.height() * f.width();
    for (int v = 0; v < f.values(); v++) {
      raw[v] = set.pixel(index, v);
      tensor[v] = Normalize.toTensor(set.pixel(index, v));
      normalized[v] = normalize.apply(v / plane, tensor[v]);
    }
    String image = f.height() + " x " + f.width() + (f.channels() == 1 ? "" : " x " + f.channels());
    stages.add(stage("raw bytes", image, "uint8", raw, 1));
    stages.add(stage("ToTensor", f.toString(), "float32", tensor, Float.BYTES));
    stages.add(
        stage(
            "Normalize((" + normalize.meanText() + "), (" + normalize.stdText() + "))",
            f.toString(),
            "float32",
            normalized,
            Float.BYTES));
  }

  private static Stage stage(
      String name, String shape, String dtype, float[] values, int bytesEach) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return new Stage(name, shape, dtype, min, max, (long) values.length * bytesEach);
  }

  private String className() {
    return set.classes().get(set.label(index));
  }

  List<String> text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s · %,d images of %s in %d classes · image %,d: %s",
            set.name(),
            set.size(),
            set.format(),
            set.classes().size(),
            index,
            className()));
    lines.add("");
    lines.add(
        String.format("%-14s %-12s %-8s %9s %9s %9s", "", "shape", "dtype", "min", "max", "bytes"));
    for (Stage s : stages) {
      String name = s.name().startsWith("Normalize") ? "Normalize" : s.name();
      String format = s.dtype().equals("uint8") ? "%9.0f %9.0f" : "%9.4f %9.4f";
      lines.add(
          String.format(Locale.ROOT, "%-14s %-12s %-8s ", name, s.shape(), s.dtype())
              + String.format(Locale.ROOT, format, s.min(), s.max())
              + String.format(Locale.ROOT, " %9s", Bytes.exact(s.bytes())));
    }
    lines.add(stages.getLast().name());
    lines.add("");
    StringBuilder counts = new StringBuilder("classes:");
    int[] perClass = set.classCounts();
    int width = counts.length();
    for (int c = 0; c < perClass.length; c++) {
      String item =
          String.format(
              Locale.ROOT,
              " %s %,d%s",
              set.classes().get(c),
              perClass[c],
              c + 1 < perClass.length ? "," : "");
      if (width + item.length() > 80) {
        counts.append("\n        ");
        width = 8;
      }
      counts.append(item);
      width += item.length();
    }
    lines.addAll(counts.toString().lines().toList());
    return lines;
  }

  Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("data", set.name());
    out.put("images", set.size());
    out.put("index", index);
    out.put("label", set.label(index));
    out.put("class", className());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Stage s : stages) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("stage", s.name());
      row.put("shape", s.shape());
      row.put("dtype", s.dtype());
      row.put("min", s.min());
      row.put("max", s.max());
      row.put("bytes", s.bytes());
      rows.add(row);
    }
    out.put("stages", rows);
    Map<String, Object> counts = new LinkedHashMap<>();
    int[] perClass = set.classCounts();
    for (int c = 0; c < perClass.length; c++) {
      counts.put(set.classes().get(c), perClass[c]);
    }
    out.put("classCounts", counts);
    return out;
  }
}
