package dev.headroom.importers.snapshot;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.allocator.Snapshot;
import dev.headroom.allocator.Trace;
import dev.headroom.allocator.Trace.Holder;
import dev.headroom.allocator.Trace.Kind;
import dev.headroom.allocator.TraceBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Headroom's own form, {@code cuda-allocator-trace/1}: {@code initial} and {@code final} segments
 * as {@code [address, bytes, "small" or "large", [[bytes, requested], ...]]}, {@code events} as
 * {@code [action, address, bytes, label]} with the label's index in {@code labels}.
 */
final class JsonTrace {
  private JsonTrace() {}

  static Trace read(byte[] json) throws IOException {
    Part root = new Part("", new ObjectMapper().readValue(json, Map.class));
    TraceBuilder builder = new TraceBuilder();
    List<Holder> labels = new ArrayList<>();
    Part names = root.get("labels");
    for (int i = 0; i < names.size(); i++) {
      labels.add(new Holder(names.get(i).text(), "", ""));
    }
    if (root.has("settings") && root.get("settings").has("PYTORCH_CUDA_ALLOC_CONF")) {
      builder.allocConf(root.get("settings").get("PYTORCH_CUDA_ALLOC_CONF").text());
    }
    Part events = root.get("events");
    for (int i = 0; i < events.size(); i++) {
      Part event = events.get(i);
      Kind kind =
          switch (event.get(0).text()) {
            case "alloc" -> Kind.ALLOC;
            case "free" -> Kind.FREE;
            case "segment_alloc" -> Kind.SEGMENT_ALLOC;
            case "segment_free" -> Kind.SEGMENT_FREE;
            default -> throw event.get(0).wrong("alloc, free, segment_alloc or segment_free");
          };
      long label = event.get(3).integer();
      if (label < 0 || label >= labels.size()) {
        throw event.get(3).wrong("the number of a label, below " + labels.size());
      }
      long bytes = event.get(2).bytes();
      if (bytes == 0) {
        throw event.get(2).wrong("at least 1");
      }
      builder.add(kind, event.get(1).address(), bytes, 0, labels.get((int) label));
    }
    Snapshot end = root.has("final") ? snapshot(root.get("final")) : null;
    return builder.build(snapshot(root.get("initial")), end);
  }

  private static Snapshot snapshot(Part list) throws IOException {
    List<Snapshot.Segment> out = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      Part segment = list.get(i);
      List<Snapshot.Block> blocks = new ArrayList<>();
      Part parts = segment.get(3);
      for (int b = 0; b < parts.size(); b++) {
        blocks.add(new Snapshot.Block(parts.get(b).get(0).bytes(), parts.get(b).get(1).bytes()));
      }
      out.add(
          new Snapshot.Segment(
              segment.get(0).address(),
              segment.get(1).bytes(),
              segment.get(2).text().equals("small"),
              0,
              false,
              blocks));
    }
    out.sort(java.util.Comparator.comparingLong(Snapshot.Segment::address));
    return new Snapshot(out);
  }
}
