package dev.headroom.report;

import dev.headroom.allocator.Holding;
import dev.headroom.allocator.Replay;
import dev.headroom.allocator.Snapshot;
import dev.headroom.allocator.Trace;
import dev.headroom.allocator.WhatIf;
import dev.headroom.tensor.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A recording of PyTorch's allocator for people: whether the model agrees with it, the memory over
 * time, fragmentation, who held the peak, and what would have been otherwise.
 */
public final class ReplayReport {
  private static final int HOLDERS = 12;

  private final String name;
  private final Trace trace;
  private final Replay replay;
  private final @Nullable Question question;
  private final List<Holding> holdings;

  /**
   * What was asked for besides, and its answer.
   *
   * @param text in words, such as {@code with expandable_segments:True}
   * @param answer what the other allocator did
   * @param notes what was assumed
   */
  public record Question(String text, WhatIf answer, List<String> notes) {
    public Question {
      notes = List.copyOf(notes);
    }
  }

  /** A report on a file of this name. */
  public ReplayReport(String name, Trace trace, Replay replay, @Nullable Question question) {
    this.name = name;
    this.trace = trace;
    this.replay = replay;
    this.question = question;
    holdings = Holding.after(trace, replay.usage(), replay.usage().peakEvent());
  }

  /** The report as text, at most 80 columns wide. */
  public List<String> text() {
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%s · %,d events", name, trace.size()));
    lines.add(
        String.format(
            Locale.ROOT,
            "Peak: %s in use, %s reserved.",
            Bytes.format(replay.usage().peakAllocatedBytes()),
            Bytes.format(replay.usage().peakReservedBytes())));
    lines.add(agreement());
    if (replay.firstDifference() != null) {
      lines.add("First difference at " + replay.firstDifference() + ".");
    }
    lines.add("");
    lines.addAll(UsageChart.lines(replay.usage()));
    lines.add("");
    lines.addAll(fragmentation("at the peak", replay.atPeak()));
    lines.addAll(fragmentation("at the end", replay.end()));
    lines.add("");
    lines.addAll(holders());
    if (question != null) {
      lines.add("");
      lines.addAll(whatIf(question));
    }
    return lines;
  }

  private String agreement() {
    return String.format(
        Locale.ROOT,
        "The model puts %,d of %,d allocations at their real address and takes%n"
            + "%,d of %,d new segments when PyTorch did%s",
        replay.atRealAddress(),
        replay.allocations(),
        replay.segmentAllocationsMatched(),
        replay.segmentAllocations(),
        replay.exact() ? ": all." : ".");
  }

  private static List<String> fragmentation(String when, Snapshot s) {
    long free = s.reservedBytes() - s.allocatedBytes();
    return List.of(
        String.format(
            Locale.ROOT,
            "Fragmentation %s: %s of %s reserved is free,",
            when,
            Bytes.format(free),
            Bytes.format(s.reservedBytes())),
        String.format(
            Locale.ROOT,
            "  %s of it in segments in use, which stay. Largest free block: %s.",
            Bytes.format(s.fragmentedBytes()),
            Bytes.format(s.largestFreeBytes())));
  }

  private List<String> holders() {
    int event = replay.usage().peakEvent();
    List<String> lines = new ArrayList<>();
    lines.add(
        event < 0
            ? "Who holds the peak (before the first event)"
            : String.format(
                Locale.ROOT,
                "Who holds the peak (event %,d%s)",
                event,
                trace.holder(event).operator().isEmpty()
                    ? ""
                    : ", " + clip(trace.holder(event).operator(), 40)));
    lines.add("─".repeat(80));
    long rest = 0;
    int blocks = 0;
    for (int i = 0; i < holdings.size(); i++) {
      Holding h = holdings.get(i);
      if (i >= HOLDERS) {
        rest += h.bytes();
        blocks += h.blocks();
        continue;
      }
      lines.add(row(h.bytes(), h.blocks(), what(h)));
      String place =
          h.holder().line()
              + (h.holder().module().isEmpty() || h.holder().line().isEmpty() ? "" : " · ")
              + h.holder().module();
      if (!place.isEmpty()) {
        lines.add(" ".repeat(26) + clip(place, 54));
      }
    }
    if (blocks > 0) {
      lines.add(row(rest, blocks, "elsewhere: " + (holdings.size() - HOLDERS) + " more places"));
    }
    return lines;
  }

  private static String row(long bytes, int blocks, String what) {
    return String.format(
        Locale.ROOT,
        "%11s %,6d %-6s %s",
        Bytes.format(bytes),
        blocks,
        blocks == 1 ? "block" : "blocks",
        clip(what, 54));
  }

  private static String what(Holding h) {
    if (h.before()) {
      return "allocated before the recording began";
    }
    return h.holder().operator().isEmpty() ? "unknown operator" : h.holder().operator();
  }

  private static String clip(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 1) + "…";
  }

  private List<String> whatIf(Question q) {
    WhatIf w = q.answer();
    List<String> lines = new ArrayList<>();
    lines.add("What if: " + q.text());
    lines.add("─".repeat(80));
    if (!w.fits()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Out of memory at event %,d: %s asked for (%s),",
              w.failedEvent(),
              Bytes.format(trace.bytes(w.failedEvent())),
              clip(
                  trace.holder(w.failedEvent()).operator().isEmpty()
                      ? "unknown operator"
                      : trace.holder(w.failedEvent()).operator(),
                  30)));
      lines.add(
          "  with "
              + Bytes.format(w.reservedAtFailure())
              + " reserved after the cache was given back.");
    }
    TextTable table = new TextTable().header("", "recorded", "what if", "difference");
    row(table, "peak in use", replay.usage().peakAllocatedBytes(), w.usage().peakAllocatedBytes());
    row(table, "peak reserved", replay.usage().peakReservedBytes(), w.usage().peakReservedBytes());
    row(
        table,
        "free in used segments, end",
        replay.end().fragmentedBytes(),
        w.end().fragmentedBytes());
    table.row(
        "segments taken",
        String.format(Locale.ROOT, "%,d", replay.segmentAllocations()),
        String.format(Locale.ROOT, "%,d", w.segmentsTaken()),
        String.format(Locale.ROOT, "%+,d", w.segmentsTaken() - replay.segmentAllocations()));
    lines.addAll(table.lines());
    if (w.retries() > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "The cache was given back %,d times to satisfy a request.",
              w.retries()));
    }
    q.notes().forEach(n -> lines.add("  - " + n));
    return lines;
  }

  private static void row(TextTable table, String name, long before, long after) {
    table.row(
        name,
        Bytes.format(before),
        Bytes.format(after),
        after == before
            ? "none"
            : (after > before ? "+" : "-") + Bytes.format(Math.abs(after - before)));
  }

  /** The same for JSON. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("schema", "headroom/1");
    out.put("events", trace.size());
    out.put("allocConf", trace.allocConf());
    out.put("allocations", replay.allocations());
    out.put("atRealAddress", replay.atRealAddress());
    out.put("segmentAllocations", replay.segmentAllocations());
    out.put("segmentAllocationsMatched", replay.segmentAllocationsMatched());
    out.put(
        "peak",
        peak(
            replay.usage().peakAllocatedBytes(),
            replay.usage().peakReservedBytes(),
            replay.usage().peakEvent()));
    out.put("fragmentation", fragmentation(replay.atPeak()));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Holding h : holdings) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("bytes", h.bytes());
      row.put("blocks", h.blocks());
      row.put("beforeRecording", h.before());
      row.put("operator", h.holder().operator());
      row.put("module", h.holder().module());
      row.put("line", h.holder().line());
      rows.add(row);
    }
    out.put("holders", rows);
    if (question != null) {
      WhatIf w = question.answer();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("question", question.text());
      answer.put("fits", w.fits());
      if (!w.fits()) {
        answer.put("failedAtEvent", w.failedEvent());
        answer.put("failedBytes", trace.bytes(w.failedEvent()));
        answer.put("reservedAtFailureBytes", w.reservedAtFailure());
      }
      answer.put(
          "peak",
          peak(
              w.usage().peakAllocatedBytes(),
              w.usage().peakReservedBytes(),
              w.usage().peakEvent()));
      answer.put("segmentAllocations", w.segmentsTaken());
      answer.put("retries", w.retries());
      answer.put("notes", question.notes());
      out.put("whatIf", answer);
    }
    return out;
  }

  private static Map<String, Object> peak(long allocated, long reserved, int event) {
    Map<String, Object> peak = new LinkedHashMap<>();
    peak.put("allocatedBytes", allocated);
    peak.put("reservedBytes", reserved);
    peak.put("event", event);
    return peak;
  }

  private static Map<String, Object> fragmentation(Snapshot s) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("freeBytes", s.reservedBytes() - s.allocatedBytes());
    out.put("freeInUsedSegmentsBytes", s.fragmentedBytes());
    out.put("largestFreeBytes", s.largestFreeBytes());
    return out;
  }
}
