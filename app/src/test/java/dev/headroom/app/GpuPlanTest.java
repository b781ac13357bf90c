package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.allocator.Replay;
import dev.headroom.allocator.Trace;
import dev.headroom.importers.snapshot.SnapshotReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code headroom plan --device}, as a user types it. */
class GpuPlanTest {
  @TempDir Path folder;

  private static final String NET = "plan mlp --input 1x1x1259 --hidden 629,314 --classes 79";

  @Test
  void theFourFiguresComeInOrderAndTheLastInWholeMebibytes() {
    Run run =
        Run.line(
            NET
                + " --batch 279 --loop gpumemnet-mlp --samples 4096 --optimizer adam --device"
                + " a100-gpumemnet --json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    JsonNode peak = run.json().get("peak");
    assertThat(peak.get("liveBytes").asLong()).isLessThan(peak.get("allocatedBytes").asLong());
    assertThat(peak.get("allocatedBytes").asLong()).isLessThan(peak.get("reservedBytes").asLong());
    assertThat(peak.get("usedBytes").asLong() % (1 << 20)).isZero();
    assertThat(peak.get("usedBytes").asLong() - peak.get("reservedBytes").asLong())
        .isEqualTo(run.json().get("device").get("contextBytes").asLong());
    assertThat(run.json().get("recipe").get("implementation").asText()).isEqualTo("foreach");
    assertThat(peak.get("byCategory").get("WORKSPACE").asLong()).isGreaterThanOrEqualTo(8519680);
  }

  @Test
  void theLargestBatchFitsAndTheNextDoesNot() {
    String card = " --device a100-gpumemnet --budget 1900MiB --json";
    Run run = Run.line(NET + card + " --batch 64");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    JsonNode largest = run.json().get("largestBatch");
    long fits = largest.get("fits").asLong();
    assertThat(largest.get("failsAt").asLong()).isEqualTo(fits + 1);
    assertThat(Run.line(NET + card + " --batch " + fits).exit()).isEqualTo(Exit.OK);
    assertThat(Run.line(NET + card + " --batch " + (fits + 1)).exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(run.json().get("assumptions").toString()).contains("samples");
    assertThat(Run.line(NET + " --device rtx3090 --budget 64MiB").exit())
        .isEqualTo(Exit.DOES_NOT_FIT);
  }

  @Test
  void whatWasNotMeasuredMakesAnInterval() {
    String card = " --device rtx3090 --budget 1000MiB ";
    Run run = Run.line(NET + card + "--json");
    JsonNode largest = run.json().get("largestBatch");
    long fits = largest.get("fits").asLong();
    long failsAt = largest.get("failsAt").asLong();
    assertThat(failsAt).isGreaterThan(fits + 1);
    assertThat(run.json().get("assumptions").toString()).contains("not measured", "640 MiB");
    Run between = Run.line(NET + card + "--batch " + (fits + 1));
    assertThat(between.exit()).isEqualTo(Exit.OK);
    assertThat(between.out()).contains("it may fit", "Up to", "surely fits");
    Run beyond = Run.line(NET + card + "--batch " + failsAt);
    assertThat(beyond.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(beyond.out()).contains("it does not fit");
    assertThat(Run.line(NET + " --device rtx3090 --budget 600MiB --batch 1").out())
        .contains("No batch surely fits");
  }

  @Test
  void aPlanIsWrittenAsASnapshotThatReplaysExactly() throws IOException, InterruptedException {
    Path file = folder.resolve("plan.pickle");
    Run run =
        Run.line(NET + " --batch 64 --samples 1000 --device rtx3090 --json --snapshot " + file);
    assertThat(run.exit()).isEqualTo(Exit.OK);
    Trace trace = SnapshotReader.read(file);
    Replay replay = Replay.of(trace);
    assertThat(replay.exact()).isTrue();
    assertThat(replay.end()).isEqualTo(trace.end());
    assertThat(replay.usage().peakReservedBytes())
        .isEqualTo(run.json().get("peak").get("reservedBytes").asLong());
    checkWithPython(file);
  }

  /** Python's own reader, and PyTorch's where there is one. */
  private static void checkWithPython(Path file) throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("HEADROOM_PYTHON", "python3");
    String script =
        """
        import pickle, sys
        s = pickle.load(open(sys.argv[1], 'rb'))
        for g in s['segments']:
            assert sum(b['size'] for b in g['blocks']) == g['total_size'], g
        assert {e['action'] for e in s['device_traces'][0]} >= {'alloc', 'segment_alloc'}
        try:
            from torch.cuda import _memory_viz
        except ImportError:
            sys.exit(0)
        _memory_viz.segsum(s)
        _memory_viz.trace(s)
        html = _memory_viz.trace_plot(s)
        assert len(html) > 1000
        """;
    Process process;
    try {
      process =
          new ProcessBuilder(python, "-c", script, file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      Assumptions.abort("skipped: no python3 here");
      return;
    }
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
  }

  @Test
  void aCardOfOnesOwnIsReadAndAWrongOneRefused() throws IOException {
    Path card = folder.resolve("mine.json");
    Files.writeString(
        card,
        "{\"name\": \"mine\", \"memoryMiB\": 8192, \"computeCapability\": \"8.6\", \"contextMiB\":"
            + " 300, \"contextMeasured\": true, \"driverMiB\": 205}");
    Run run = Run.line(NET + " --device " + card + " --json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    assertThat(run.json().get("device").get("totalBytes").asLong()).isEqualTo(8192L << 20);
    assertThat(run.json().at("/device/driverLeastBytes").asLong()).isEqualTo(205L << 20);
    assertThat(run.json().at("/device/driverMostBytes").asLong()).isEqualTo(205L << 20);
    assertThat(run.json().at("/budget/bytes").asLong()).isEqualTo((8192L - 205) << 20);
    Files.writeString(card, "{\"name\": \"mine\", \"memory\": 8192}");
    Run wrong = Run.line(NET + " --device " + card);
    assertThat(wrong.exit()).isEqualTo(Exit.INPUT);
    assertThat(wrong.err()).contains("mine.json", "'memory'");
    assertThat(Run.line(NET + " --loop gpumemnet-mlp").exit()).isEqualTo(Exit.USAGE);
    assertThat(Run.line(NET + " --device gtx9999").exit()).isEqualTo(Exit.USAGE);
  }
}
