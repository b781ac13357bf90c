package dev.headroom.app.accuracy;

import dev.headroom.app.Terminal;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A CNN's training on a real GPU, allocation by allocation. */
public final class CnnSection implements Section {
  private static final List<String> LAYERS =
      List.of(
          "30 to 16 channels, 256 x 256",
          "16 to 32 channels, 128 x 128",
          "32 to 64 channels, 64 x 64");

  @Override
  public String name() {
    return "cnn";
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    CnnRecording recording =
        CnnRecording.read(shared.resolve("ground-truth/cuda-traces/cnn-training.json.gz"));
    List<Long> written = sizes(CnnTraining.ledger(false));
    List<Long> most = bounds();
    boolean equal = written.equals(recording.sizes());
    List<String> lines = new ArrayList<>();
    lines.add("## A CNN's training on a real GPU, allocation by allocation");
    lines.add("");
    lines.add("`cnn-training` of the recordings below names the operator behind every allocation.");
    lines.add("Rebuilt from these names: three convolutions with ReLU, batch norm and pooling,");
    lines.add("four linear layers with dropout, ten steps in which Adam moves the input. Every");
    lines.add("allocation and free of a GPU must come out in the same order, of the same size,");
    lines.add("cuBLAS's workspaces and cuBLASLt's scratch included.");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "**%,d allocations and frees: %s.**",
            recording.sizes().size(),
            equal ? "every one equal, in order" : "not equal"));
    lines.add("");
    lines.add("Outside that list are the workspaces whose size cuDNN chooses. A plan's range has");
    lines.add("none at its one end, and at the other, where a batch surely fits, one as large as");
    lines.add("a convolution's tensors together:");
    lines.add("");
    lines.add("| convolution | taken | a plan's most | |");
    lines.add("|---|---:|---:|---:|");
    int perStep = most.size() / CnnTraining.STEPS;
    int within = 0;
    for (int i = 0; i < most.size(); i++) {
      within += recording.convolutions().get(i).bytes() <= most.get(i) ? 1 : 0;
    }
    for (int i = 0; i < perStep; i++) {
      CnnRecording.Workspace workspace = recording.convolutions().get(i);
      int layer = workspace.backward() ? perStep - 1 - i : i;
      lines.add(
          String.format(
              Locale.ROOT,
              "| %s, %s | %,d | %,d | %.1f %% |",
              workspace.backward() ? "gradient of the input" : "forward",
              LAYERS.get(layer),
              workspace.bytes(),
              most.get(i),
              100.0 * workspace.bytes() / most.get(i)));
    }
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%s; %d of %d are within what a plan reckons with.",
            repeats(recording, perStep)
                ? "The same in each of the ten steps"
                : "Of the first step; later ones differ",
            within,
            most.size()));
    lines.add(
        String.format(
            Locale.ROOT,
            "Left out on both sides: %d small buffers in which a mean's blocks of threads meet"
                + " (%s bytes), and",
            recording.means().size(),
            String.join(
                " and ", new TreeSet<>(recording.means()).stream().map(String::valueOf).toList())));
    lines.add(
        String.format(
            Locale.ROOT,
            "%d allocations of `detect_anomaly`, which that program had switched on.",
            recording.anomaly()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("events", recording.sizes().size());
    json.put("equalInOrder", equal);
    json.put("workspaces", most.size());
    json.put("workspacesWithin", within);
    return new Result(lines, json);
  }

  /** Signed bytes of everything after setup. */
  static List<Long> sizes(Ledger ledger) {
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      if (ledger.span(i).phase() != Phase.SETUP) {
        out.add(ledger.delta(i));
      }
    }
    return out;
  }

  /** The most that a plan reckons with for each convolution, in order: what it alone adds. */
  static List<Long> bounds() {
    List<Long> plain = sizes(CnnTraining.ledger(false));
    List<Long> out = new ArrayList<>();
    int at = 0;
    for (long delta : sizes(CnnTraining.ledger(true))) {
      if (at < plain.size() && delta == plain.get(at)) {
        at++;
      } else if (delta > 0) {
        out.add(delta);
      }
    }
    return out;
  }

  private static boolean repeats(CnnRecording recording, int perStep) {
    List<CnnRecording.Workspace> all = recording.convolutions();
    for (int i = perStep; i < all.size(); i++) {
      if (!all.get(i).equals(all.get(i - perStep))) {
        return false;
      }
    }
    return true;
  }
}
