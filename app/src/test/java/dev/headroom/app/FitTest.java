package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Probes against the real limit of child processes, and what they leave behind: nothing. */
class FitTest {
  @TempDir private Path folder;

  @BeforeEach
  void linuxOnly() {
    Assumptions.assumeTrue(
        Files.isReadable(Path.of("/proc/self/limits")), "skipped: fit needs Linux");
  }

  @ParameterizedTest
  @CsvSource({
    "mlp --data digits --budget 64MiB",
    "mlp --data shapes --budget 96MiB",
    "lenet --budget 64MiB"
  })
  void theRealLimitLiesInThePlansIntervalAndNothingIsLeftBehind(String line) throws Exception {
    List<String> limits = Files.readAllLines(Path.of("/proc/self/limits"));
    TreeSet<String> before = leftovers();
    Run run = Run.line("fit " + line + " --optimizer adam --json --quiet");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    long fits = json.at("/measured/largestBatch/fits").asLong();
    long failsAt = json.at("/measured/largestBatch/failsAt").asLong();
    assertThat(failsAt).isBetween(fits + 1, fits + fits / 100);
    assertThat(json.at("/largestBatch/fits").asLong()).isBetween(fits * 97 / 100, fits);
    assertThat(json.at("/largestBatch/failsAt").asLong()).isGreaterThanOrEqualTo(failsAt);
    for (JsonNode probe : json.at("/measured/probes")) {
      if (probe.get("outcome").asText().equals("fits")) {
        assertThat(probe.get("peakLiveBytes")).isEqualTo(probe.get("predictedLiveBytes"));
        assertThat(probe.get("processBytes").asDouble() / probe.get("peakLiveBytes").asDouble())
            .isBetween(0.97, 1.05);
      } else {
        assertThat(probe.get("outcome").asText()).isEqualTo("out of memory");
      }
    }
    assertThat(Files.readAllLines(Path.of("/proc/self/limits"))).isEqualTo(limits);
    assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(leftovers()).isEqualTo(before);
  }

  @Test
  void nothingFits() {
    Run run = Run.line("fit mlp --hidden 4000 --budget 20MiB --quiet");
    assertThat(run.exit()).as(run.out()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(run.out()).contains("not even batch 1 fits", "out of memory");
    assertThat(run.err()).contains("not even batch 1 fits", "headroom plan");
  }

  @ParameterizedTest
  @CsvSource({"INT, true", "TERM, true", "KILL, false"})
  void aSignalEndsTheProbeToo(String signal, boolean orderly) throws Exception {
    TreeSet<String> before = leftovers();
    Process fit = Child.start(folder, List.of(), "fit", "mlp", "--budget", "400MiB");
    ProcessHandle probe = probe(fit);
    Thread.sleep(1500);
    kill(signal, fit.pid());
    assertThat(fit.waitFor(30, TimeUnit.SECONDS)).isTrue();
    probe.onExit().get(20, TimeUnit.SECONDS);
    assertThat(probe.isAlive()).isFalse();
    if (orderly) {
      assertThat(fit.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
      assertThat(Files.readString(folder.resolve("out"))).contains("interrupted", "1 probe, ");
      assertThat(leftovers()).isEqualTo(before);
    }
  }

  @Test
  void aProbeThatHangsIsEnded() throws Exception {
    Process fit =
        Child.start(folder, List.of(), "fit", "mlp", "--budget", "64MiB", "--probe-seconds", "8");
    ProcessHandle probe = probe(fit);
    kill("STOP", probe.pid());
    probe.onExit().get(20, TimeUnit.SECONDS);
    kill("TERM", fit.pid());
    assertThat(fit.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(folder.resolve("out"))).contains("time limit");
  }

  private static ProcessHandle probe(Process fit) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (System.nanoTime() < deadline && fit.isAlive()) {
      Optional<ProcessHandle> child =
          fit.children().filter(c -> c.info().command().orElse("").endsWith("java")).findFirst();
      if (child.isPresent()) {
        return child.get();
      }
      Thread.sleep(20);
    }
    throw new AssertionError("fit has started no probe");
  }

  private static void kill(String signal, long pid) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
  }

  /** What JVMs that end badly leave in the temporary and the present folder. */
  private static TreeSet<String> leftovers() throws IOException {
    TreeSet<String> out = new TreeSet<>();
    for (Path place : List.of(Path.of(System.getProperty("java.io.tmpdir")), Path.of(""))) {
      try (var files = Files.list(place.toAbsolutePath())) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.matches("hs_err.*|core(\\..*)?|headroom.*|\\.headroom.*"))
            .forEach(out::add);
      }
    }
    return out;
  }
}
