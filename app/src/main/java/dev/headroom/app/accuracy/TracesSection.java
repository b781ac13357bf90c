package dev.headroom.app.accuracy;

import dev.headroom.allocator.Replay;
import dev.headroom.allocator.Trace;
import dev.headroom.app.Progress;
import dev.headroom.app.Terminal;
import dev.headroom.importers.snapshot.SnapshotReader;
import dev.headroom.tensor.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Recordings of the caching allocators of real GPUs, address by address. */
public final class TracesSection implements Section {
  @Override
  public String name() {
    return "traces";
  }

  @Override
  public Result compute(Path shared, Terminal terminal) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(shared.resolve("ground-truth/cuda-traces"))) {
      files = list.filter(f -> f.toString().endsWith(".json.gz")).sorted().toList();
    }
    List<String> rows = new ArrayList<>();
    Map<String, Object> json = new LinkedHashMap<>();
    int allocations = 0;
    int real = 0;
    int segments = 0;
    int matched = 0;
    try (Progress progress = terminal.progress("recordings", files.size(), "files")) {
      for (Path file : files) {
        Trace trace = SnapshotReader.read(file);
        Replay replay = Replay.of(trace);
        Path base = file.getFileName();
        String name = base == null ? "" : base.toString().replace(".json.gz", "");
        allocations += replay.allocations();
        real += replay.atRealAddress();
        segments += replay.segmentAllocations();
        matched += replay.segmentAllocationsMatched();
        rows.add(
            String.format(
                Locale.ROOT,
                "| %s | %,d | %,d | %,d | %,d | %s | %s |",
                name,
                replay.allocations(),
                replay.atRealAddress(),
                replay.segmentAllocations(),
                replay.segmentAllocationsMatched(),
                Bytes.format(replay.usage().peakAllocatedBytes()),
                Bytes.format(replay.usage().peakReservedBytes())));
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("allocations", replay.allocations());
        row.put("atRealAddress", replay.atRealAddress());
        row.put("segmentAllocations", replay.segmentAllocations());
        row.put("segmentAllocationsMatched", replay.segmentAllocationsMatched());
        json.put(name, row);
        progress.advance(1);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("## The caching allocator, against recordings of real GPUs");
    lines.add("");
    lines.add(
        "Recorded by other people with `torch.cuda.memory._record_memory_history`. The model");
    lines.add(
        "gets the same requests, starts from the same blocks, and must give each request the");
    lines.add(
        "address that PyTorch gave it, and ask for a segment exactly when PyTorch did, of the");
    lines.add("same size. `headroom replay FILE` shows one of them in full.");
    lines.add("");
    lines.add(
        "| recording | allocations | at their real address | new segments | matched | peak in use"
            + " | peak reserved |");
    lines.add("|---|---:|---:|---:|---:|---:|---:|");
    lines.addAll(rows);
    lines.add(
        String.format(
            Locale.ROOT,
            "| **all** | **%,d** | **%,d (%.2f %%)** | **%,d** | **%,d (%.2f %%)** | | |",
            allocations,
            real,
            100.0 * real / allocations,
            segments,
            matched,
            100.0 * matched / Math.max(1, segments)));
    return new Result(lines, json);
  }
}
