package dev.headroom.app.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {
  /** A source that replays a recording: every sample once. */
  private static Source replay(long... used) {
    List<Long> left = new ArrayList<>();
    for (long bytes : used) {
      left.add(bytes);
    }
    return () -> {
      long now = left.removeFirst();
      if (now < 0) {
        throw new IOException("nothing this time");
      }
      return List.of(new Sample("m", now, 100L, List.of(new Sample.Use(7, "p", now))));
    };
  }

  @Test
  void peakCurveAndAlarms() throws Exception {
    Watch watch = new Watch(replay(1, 5, 9, 8, 2, 10, 3), 7L);
    for (int i = 0; i < 7; i++) {
      watch.sample(i);
    }
    Watch.Device device = watch.devices().getFirst();
    assertThat(device.peakBytes()).isEqualTo(10);
    assertThat(device.usedBytes()).isEqualTo(3);
    assertThat(device.processes()).containsExactly(new Sample.Use(7, "p", 10L));
    assertThat(watch.alarms())
        .containsExactly(new Watch.Alarm("m", 2, 9), new Watch.Alarm("m", 5, 10));
    assertThat(device.sparkline(7)).isEqualTo("▁▅█▇▂█▃");
    assertThat(device.sparkline(2)).isEqualTo("██");
  }

  @Test
  void aLongWatchStaysSmallAndKeepsItsPeaks() throws Exception {
    long[] used = new long[50_000];
    for (int i = 0; i < used.length; i++) {
      used[i] = i == 20_000 ? 1000 : i % 10;
    }
    Watch watch = new Watch(replay(used), null);
    for (int i = 0; i < used.length; i++) {
      watch.sample(i);
    }
    assertThat(watch.devices().getFirst().peakBytes()).isEqualTo(1000);
    String line = watch.devices().getFirst().sparkline(50);
    assertThat(line).hasSize(50);
    assertThat(line.indexOf('█')).isBetween(18, 22);
  }

  @Test
  void aCommandsPeakBesideItsPlan(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "skipped: no /proc here");
    Assumptions.assumeTrue(noGpu(), "skipped: there is a GPU, which is watched instead");
    Path plan = folder.resolve("plan.json");
    Files.writeString(plan, Run.line("plan mlp --batch 64 --json").out());
    Path csv = folder.resolve("m.csv");
    // 64 MiB that the shell's own variable holds for a second.
    String script = "x=$(head -c 67108864 /dev/zero | tr '\\0' x); sleep 1; echo done";
    Run run =
        Run.of(
            "watch",
            "--json",
            "--interval",
            "0.1",
            "--csv",
            csv.toString(),
            "--plan",
            plan.toString(),
            "--",
            "sh",
            "-c",
            script);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.get("exitCode").asInt()).isZero();
    assertThat(json.at("/devices/0/peakBytes").asLong()).isGreaterThan(60L << 20);
    assertThat(json.at("/devices/0/processes/0/name").asText()).isEqualTo("sh");
    assertThat(json.get("plannedBytes").asLong()).isBetween(1_000_000L, 10_000_000L);
    assertThat(json.get("alarms")).isNotEmpty();
    assertThat(run.err()).contains("is above the ceiling");
    assertThat(Files.readAllLines(csv))
        .hasSizeGreaterThan(5)
        .first()
        .isEqualTo("seconds,device,used_bytes,total_bytes");
  }

  @Test
  void aCommandThatFailsIsTold() {
    Run run = Run.of("watch", "--quiet", "--", "sh", "-c", "exit 9");
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("ended with code 9");
    assertThat(Run.of("watch", "--", "/no/such/program").err()).contains("cannot be started");
  }

  @Test
  void theMachineForSoManySamples() {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "skipped: no /proc here");
    Run run = Run.of("watch", "--samples", "2", "--interval", "0.05");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("peak ", " of ", "2 samples");
  }

  private static boolean noGpu() {
    try {
      new GpuSource().read();
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
