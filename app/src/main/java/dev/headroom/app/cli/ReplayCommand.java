package dev.headroom.app.cli;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.allocator.Replay;
import dev.headroom.allocator.Trace;
import dev.headroom.allocator.WhatIf;
import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.device.Device;
import dev.headroom.importers.snapshot.SnapshotReader;
import dev.headroom.report.ReplayReport;
import dev.headroom.tensor.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a recorded GPU allocator did, and what it would have done otherwise. */
@Command(
    name = "replay",
    description = "What a recorded GPU allocator did, and what it would have done otherwise.",
    footer = {
      "",
      "Example:",
      "  headroom replay snapshot.pickle",
      "  headroom replay snapshot.pickle --alloc-conf expandable_segments:True",
      "  headroom replay snapshot.pickle --device rtx3090 --empty-cache-at 1200 --json"
    })
final class ReplayCommand extends AppCommand {
  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT",
      description = "What torch.cuda.memory._dump_snapshot wrote, or Headroom's JSON form.")
  private @Nullable Path file;

  @Option(
      names = "--alloc-conf",
      paramLabel = "CONF",
      description = "What if PYTORCH_CUDA_ALLOC_CONF had been this?")
  private @Nullable String allocConf;

  @Option(
      names = "--device",
      paramLabel = "CARD",
      description = "What if it had run on this card: a name such as rtx3090, or a JSON file?")
  private @Nullable String device;

  @Option(
      names = "--empty-cache-at",
      paramLabel = "EVENT",
      description = "What if empty_cache() had been called before this event, counted from 0?")
  private @Nullable Integer emptyCacheAt;

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    if (file == null) {
      throw new UsageException("no snapshot was given", "Name a file.");
    }
    AllocatorSettings other = allocConf == null ? null : settings(allocConf);
    Device card = device == null ? null : DeviceOption.gpu(device);
    Trace trace = SnapshotReader.read(file);
    if (emptyCacheAt != null && (emptyCacheAt < 0 || emptyCacheAt >= trace.size())) {
      throw new UsageException(
          "--empty-cache-at is "
              + emptyCacheAt
              + ", the recording has events 0 to "
              + (trace.size() - 1),
          null);
    }
    Replay replay = Replay.of(trace);
    ReplayReport.Question question =
        other == null && card == null && emptyCacheAt == null
            ? null
            : ask(trace, replay, other, card);
    Path name = file.getFileName();
    ReplayReport report =
        new ReplayReport(name == null ? file.toString() : name.toString(), trace, replay, question);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(line -> line.lines().forEach(terminal::println));
    }
    return question == null || question.answer().fits() ? Exit.OK : Exit.DOES_NOT_FIT;
  }

  static AllocatorSettings settings(String conf) {
    try {
      return AllocatorSettings.parse(conf);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "--alloc-conf: " + e.getMessage(),
          "Such as max_split_size_mb:128 or expandable_segments:True.");
    }
  }

  private ReplayReport.Question ask(
      Trace trace, Replay replay, @Nullable AllocatorSettings other, @Nullable Device card) {
    List<String> asked = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    if (other != null) {
      asked.add("PYTORCH_CUDA_ALLOC_CONF=" + allocConf);
      if (other.garbageCollectionThreshold() > 0 && !other.hasFraction()) {
        notes.add(
            "garbage_collection_threshold does nothing without per_process_memory_fraction, here"
                + " as in PyTorch");
      }
    }
    if (card != null) {
      asked.add("on " + card.title());
      notes.add(Bytes.format(card.reservableBytes()) + " for the allocator on " + card.title());
      notes.addAll(card.assumptions());
    }
    if (emptyCacheAt != null) {
      asked.add("empty_cache() before event " + emptyCacheAt);
    }
    notes.add("the requests and the state before the first event are as recorded");
    WhatIf.Change change =
        new WhatIf.Change(
            other == null ? AllocatorSettings.parse(trace.allocConf()) : other,
            card == null ? Long.MAX_VALUE : card.reservableBytes(),
            card == null ? Long.MAX_VALUE : card.totalMemoryBytes(),
            emptyCacheAt == null ? -1 : emptyCacheAt);
    return new ReplayReport.Question(
        String.join(", ", asked), WhatIf.of(trace, replay, change), notes);
  }
}
