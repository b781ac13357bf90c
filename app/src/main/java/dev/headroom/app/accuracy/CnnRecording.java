package dev.headroom.app.accuracy;

import dev.headroom.allocator.Trace;
import dev.headroom.importers.snapshot.SnapshotReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The recording {@code cnn-training}, taken apart by what asked for each block.
 *
 * @param sizes signed bytes of each allocation and free whose size follows from shapes, in order
 * @param convolutions workspaces that cuDNN chose, in order, each freed at once
 * @param means what a mean over a large tensor stages between its blocks of threads
 * @param anomaly number of allocations by the checks for NaN of {@code detect_anomaly}, which that
 *     program had switched on
 */
record CnnRecording(List<Long> sizes, List<Workspace> convolutions, List<Long> means, int anomaly) {
  /**
   * A workspace.
   *
   * @param backward whether for a gradient
   * @param bytes asked for
   */
  record Workspace(boolean backward, long bytes) {}

  /** Reads it. A convolution or a mean asks for its result first, then for its scratch. */
  static CnnRecording read(Path file) throws IOException {
    Trace trace = SnapshotReader.read(file);
    List<Long> sizes = new ArrayList<>();
    List<Workspace> convolutions = new ArrayList<>();
    List<Long> means = new ArrayList<>();
    int anomaly = 0;
    Set<Long> ignored = new HashSet<>();
    String before = "";
    for (int i = 0; i < trace.size(); i++) {
      long bytes = trace.bytes(i);
      if (trace.kind(i) == Trace.Kind.FREE) {
        if (!ignored.remove(trace.address(i))) {
          sizes.add(-bytes);
        }
        continue;
      }
      if (trace.kind(i) != Trace.Kind.ALLOC) {
        continue;
      }
      String asker = trace.holder(i).operator();
      if (asker.contains("isnan") || asker.contains("_is_any_true")) {
        anomaly++;
        ignored.add(trace.address(i));
        continue;
      }
      boolean again = asker.equals(before);
      before = asker;
      if (again && asker.contains("convolution")) {
        convolutions.add(new Workspace(asker.contains("Backward"), bytes));
        ignored.add(trace.address(i));
      } else if (again && asker.contains("mean")) {
        means.add(bytes);
        ignored.add(trace.address(i));
      } else {
        sizes.add(bytes);
      }
    }
    return new CnnRecording(sizes, convolutions, means, anomaly);
  }
}
