package dev.headroom.importers.snapshot;

import dev.headroom.allocator.Snapshot;
import dev.headroom.allocator.Trace;
import dev.headroom.allocator.Trace.Kind;
import dev.headroom.allocator.TraceBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@code torch.cuda.memory._dump_snapshot} writes: {@code segments} as they are at the end,
 * and for every device the last events in {@code device_traces}. A card that does nothing is left
 * out: the one with the most events is read.
 */
final class PickledTrace {
  /** More blocks than any real snapshot; a file may list one block many times. */
  private static final int MAX_BLOCKS = 5_000_000;

  private final Part root;
  private final Frames frames = new Frames();
  private final TraceBuilder builder = new TraceBuilder();
  private final Map<Long, Integer> streams = new HashMap<>();
  private int blocks;

  private PickledTrace(Part root) {
    this.root = root;
  }

  static Trace read(@Nullable Object tree) throws IOException {
    return new PickledTrace(new Part("", tree)).read();
  }

  private Trace read() throws IOException {
    Part segments = root.get("segments");
    Part traces = root.has("device_traces") ? root.get("device_traces") : new Part("", List.of());
    int device = 0;
    for (int i = 1; i < traces.size(); i++) {
      device = traces.get(i).size() > traces.get(device).size() ? i : device;
    }
    Part events = traces.size() == 0 ? new Part("", List.of()) : traces.get(device);
    if (traces.size() == 0 && segments.size() > 0 && segments.get(0).has("device")) {
      device = (int) segments.get(0).get("device").integer();
    }
    numberStreams(segments, events);
    if (root.has("allocator_settings")) {
      Part settings = root.get("allocator_settings");
      if (settings.has("PYTORCH_CUDA_ALLOC_CONF")) {
        builder.allocConf(settings.get("PYTORCH_CUDA_ALLOC_CONF").text());
      }
    }
    for (int i = 0; i < events.size(); i++) {
      event(events.get(i));
    }
    return builder.buildFromEnd(snapshot(segments, device));
  }

  /** Streams are pointers; here they count from 0, in the order of the pointers. */
  private void numberStreams(Part segments, Part events) throws IOException {
    TreeSet<Long> seen = new TreeSet<>(Long::compareUnsigned);
    for (Part list : List.of(segments, events)) {
      for (int i = 0; i < list.size(); i++) {
        if (list.get(i).has("stream")) {
          seen.add(list.get(i).get("stream").integer());
        }
      }
    }
    for (long stream : seen) {
      streams.put(stream, streams.size());
    }
  }

  private int stream(Part owner) throws IOException {
    return owner.has("stream") ? streams.getOrDefault(owner.get("stream").integer(), 0) : 0;
  }

  private void event(Part event) throws IOException {
    Kind kind =
        switch (event.get("action").text()) {
          case "alloc" -> Kind.ALLOC;
          case "free_completed" -> Kind.FREE;
          case "segment_alloc", "segment_map" -> Kind.SEGMENT_ALLOC;
          case "segment_free", "segment_unmap" -> Kind.SEGMENT_FREE;
          case "oom" -> Kind.OOM;
          // What was asked to be freed is free once it is completed; the others change nothing.
          case "free_requested", "snapshot", "workspace_snapshot" -> null;
          default -> throw event.get("action").wrong("an action of PyTorch's allocator");
        };
    if (kind == null) {
      return;
    }
    long address = kind == Kind.OOM ? 0 : event.get("addr").address();
    long bytes = event.get("size").bytes();
    if (bytes == 0) {
      throw event.get("size").wrong("at least 1");
    }
    builder.add(kind, address, bytes, stream(event), frames.holder(event));
  }

  private Snapshot snapshot(Part segments, int device) throws IOException {
    List<Snapshot.Segment> out = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      Part segment = segments.get(i);
      if (segment.has("device") && segment.get("device").integer() != device) {
        continue;
      }
      long address = segment.get("address").address();
      long at = address;
      List<Snapshot.Block> list = new ArrayList<>();
      Part parts = segment.get("blocks");
      blocks += parts.size();
      if (blocks > MAX_BLOCKS) {
        throw new IOException("the file lists more than " + MAX_BLOCKS + " blocks");
      }
      for (int b = 0; b < parts.size(); b++) {
        Part block = parts.get(b);
        long bytes = block.get("size").bytes();
        boolean free = block.get("state").text().equals("inactive");
        // Files from before PyTorch 2.1 do not say what was asked for.
        long requested =
            free ? 0 : block.has("requested_size") ? block.get("requested_size").bytes() : bytes;
        list.add(new Snapshot.Block(bytes, requested));
        if (!free) {
          builder.heldAtEnd(at, frames.holder(block));
        }
        at = Math.addExact(at, bytes);
      }
      out.add(
          new Snapshot.Segment(
              address,
              segment.get("total_size").bytes(),
              segment.get("segment_type").text().equals("small"),
              stream(segment),
              segment.has("is_expandable")
                  && Boolean.TRUE.equals(segment.get("is_expandable").value()),
              list));
    }
    out.sort(Comparator.comparingLong(Snapshot.Segment::address));
    return new Snapshot(out);
  }
}
