package dev.headroom.importers.snapshot;

import dev.headroom.allocator.CachingAllocator;
import dev.headroom.allocator.SegmentSource;
import dev.headroom.allocator.Snapshot;
import dev.headroom.graph.Node;
import dev.headroom.importers.pickle.PickleWriter;
import dev.headroom.ledger.Ledger;
import dev.headroom.plan.GpuPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A plan as {@code torch.cuda.memory._dump_snapshot} would have written it, had the program run:
 * PyTorch's memory_viz page and {@code torch.cuda._memory_viz} open it. Steps that would leave the
 * allocator as they found it are left out, as in the plan; one event is one microsecond.
 */
public final class SnapshotWriter {
  private final GpuPlan plan;
  private final List<Map<String, Object>> events = new ArrayList<>();
  private final Map<Long, List<Map<String, Object>>> framesAt = new HashMap<>();
  private final Map<Ledger.Span, List<Map<String, Object>>> frames = new HashMap<>();

  private SnapshotWriter(GpuPlan plan) {
    this.plan = plan;
  }

  /** The file's content. */
  public static byte[] pickle(GpuPlan plan) {
    return PickleWriter.write(new SnapshotWriter(plan).tree());
  }

  private Map<String, Object> tree() {
    Ledger ledger = plan.everyStep();
    SegmentSource below = SegmentSource.descending();
    int[] now = new int[1];
    SegmentSource source =
        new SegmentSource() {
          @Override
          public long allocate(long bytes) {
            long address = below.allocate(bytes);
            event("segment_alloc", address, bytes, frames(ledger.span(now[0])));
            return address;
          }

          @Override
          public long reserve(long bytes) {
            return below.allocate(bytes);
          }

          @Override
          public void mapped(long address, long bytes) {
            event("segment_map", address, bytes, frames(ledger.span(now[0])));
          }
        };
    CachingAllocator allocator =
        new CachingAllocator(
            plan.question().settings(),
            source,
            Long.MAX_VALUE,
            plan.question().device().totalMemoryBytes());
    int[] handles = new int[ledger.blockCount()];
    for (now[0] = 0; now[0] < ledger.size(); now[0]++) {
      int i = now[0];
      int block = ledger.block(i);
      List<Map<String, Object>> stack = frames(ledger.span(i));
      if (ledger.delta(i) > 0) {
        handles[block] = allocator.allocate(ledger.delta(i), 0);
        long address = allocator.address(handles[block]);
        event("alloc", address, ledger.delta(i), stack);
        framesAt.put(address, stack);
      } else {
        long address = allocator.address(handles[block]);
        event("free_requested", address, -ledger.delta(i), stack);
        event("free_completed", address, -ledger.delta(i), stack);
        allocator.free(handles[block]);
      }
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("segments", segments(allocator.snapshot()));
    out.put("device_traces", List.of(events));
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("PYTORCH_CUDA_ALLOC_CONF", "");
    long maxSplit = plan.question().settings().maxSplitBytes();
    settings.put("max_split_size", maxSplit == Long.MAX_VALUE ? -1 : maxSplit);
    settings.put(
        "garbage_collection_threshold", plan.question().settings().garbageCollectionThreshold());
    settings.put("expandable_segments", plan.question().settings().expandableSegments());
    out.put("allocator_settings", settings);
    out.put("external_annotations", List.of());
    return out;
  }

  private void event(String action, long address, long bytes, List<Map<String, Object>> stack) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("action", action);
    event.put("addr", address);
    event.put("size", bytes);
    event.put("stream", 0);
    event.put("time_us", (long) events.size());
    event.put("compile_context", "N/A");
    event.put("user_metadata", "");
    event.put("frames", stack);
    events.add(event);
  }

  /** The operator, the module that called it and the phase, innermost first. */
  private List<Map<String, Object>> frames(Ledger.Span span) {
    return frames.computeIfAbsent(
        span,
        s -> {
          List<Map<String, Object>> out = new ArrayList<>();
          Node node = s.node();
          if (!s.work().isEmpty()) {
            out.add(frame(s.work(), "operator", 0));
          }
          if (node != null && !node.module().isEmpty()) {
            out.add(frame(node.module(), "module", 0));
          }
          out.add(frame(s.phase().name().toLowerCase(Locale.ROOT), "iteration", s.iteration()));
          return out;
        });
  }

  private static Map<String, Object> frame(String name, String file, int line) {
    Map<String, Object> frame = new LinkedHashMap<>();
    frame.put("name", name);
    frame.put("filename", file);
    frame.put("line", line);
    return frame;
  }

  private List<Map<String, Object>> segments(Snapshot snapshot) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (Snapshot.Segment segment : snapshot.segments()) {
      List<Map<String, Object>> blocks = new ArrayList<>();
      long address = segment.address();
      long allocated = 0;
      long requested = 0;
      for (Snapshot.Block b : segment.blocks()) {
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("address", address);
        block.put("size", b.bytes());
        block.put("requested_size", b.requestedBytes());
        block.put("state", b.allocated() ? "active_allocated" : "inactive");
        block.put("frames", b.allocated() ? framesAt.getOrDefault(address, List.of()) : List.of());
        blocks.add(block);
        allocated += b.allocated() ? b.bytes() : 0;
        requested += b.requestedBytes();
        address += b.bytes();
      }
      Map<String, Object> s = new LinkedHashMap<>();
      s.put("device", 0);
      s.put("address", segment.address());
      s.put("total_size", segment.bytes());
      s.put("allocated_size", allocated);
      s.put("active_size", allocated);
      s.put("requested_size", requested);
      s.put("stream", segment.stream());
      s.put("segment_type", segment.small() ? "small" : "large");
      s.put("segment_pool_id", List.of(0, 0));
      s.put("is_expandable", segment.expandable());
      s.put("frames", List.of());
      s.put("blocks", blocks);
      out.add(s);
    }
    return out;
  }
}
