package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.app.fit.Probe;
import dev.headroom.app.fit.ProbeRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private static final int SIGINT = 2;

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
    Assumptions.assumeFalse(
        signal.equals("INT") && ignoresInterrupts(),
        "skipped: started in the background of a shell, so children ignore Ctrl-C");
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
        Child.start(
            folder, List.of(), "fit", "mlp", "--budget", "64MiB", "--probe-seconds", "8", "--json");
    ProcessHandle probe = probe(fit);
    while (!isStopped(probe)) {
      // It may have ended before the signal came: then it is the next one's turn.
      probe = probe(fit);
      kill("STOP", probe.pid());
    }
    // Its time limit is 8 s; the test gives up where it surely was forgotten.
    probe.onExit().get(3, TimeUnit.MINUTES);
    kill("TERM", fit.pid());
    assertThat(fit.waitFor(1, TimeUnit.MINUTES)).isTrue();
    JsonNode probes =
        new ObjectMapper().readTree(folder.resolve("out").toFile()).at("/measured/probes");
    List<Double> ended = new ArrayList<>();
    for (JsonNode row : probes) {
      if (row.get("outcome").asText().equals("time limit")) {
        ended.add(row.get("seconds").asDouble());
      }
    }
    assertThat(ended).isNotEmpty().allMatch(seconds -> seconds >= 8);
  }

  private static boolean ignoresInterrupts() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << (SIGINT - 1)) != 0;
      }
    }
    return false;
  }

  /** Whether a process stands still by a signal; the state follows its name in brackets. */
  private static boolean isStopped(ProcessHandle process) throws IOException {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    if (!Files.exists(stat)) {
      return false;
    }
    String text = Files.readString(stat);
    return text.startsWith("T", text.lastIndexOf(')') + 2);
  }

  @Test
  void aProbeThatDoesNotAnswerTellsWhy() {
    // A network that libtorch itself refuses: the tiny run fails, before there is any limit.
    try (ProbeRunner runner =
        ProbeRunner.fresh(List.of("probe", "no-such-network", "--limit", "64MiB"), 120)) {
      Probe probe = runner.run(64, 0);
      assertThat(probe.outcome()).isEqualTo(Probe.Outcome.ERROR);
      assertThat(probe.message()).contains("exit code 2", "no-such-network");
    }
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void aProcessThatIsKeptAnswersAgainAfterItRanOutOfMemory() throws Exception {
    List<String> words = List.of("probe", "mlp", "--json", "--limit", "64MiB");
    try (ProbeRunner runner = ProbeRunner.keeping(words, Map.of(), 120)) {
      Probe first = runner.run(64, 0);
      assertThat(first.outcome()).as(first.message()).isEqualTo(Probe.Outcome.FITS);
      List<Long> child = children();
      assertThat(child).hasSize(1);
      Probe second = runner.run(100_000_000, 0);
      assertThat(second.outcome()).isEqualTo(Probe.Outcome.OUT_OF_MEMORY);
      assertThat(second.message()).contains("313600000000 bytes");
      Probe third = runner.run(64, 0);
      assertThat(third.outcome()).as(third.message()).isEqualTo(Probe.Outcome.FITS);
      assertThat(third.measuredBytes()).isEqualTo(first.measuredBytes());
      assertThat(children()).isEqualTo(child);
      kill("KILL", child.getFirst());
      Probe fourth = runner.run(64, 0);
      assertThat(fourth.outcome()).isEqualTo(Probe.Outcome.OUT_OF_MEMORY);
      assertThat(fourth.message()).isEqualTo("the process was ended");
      assertThat(runner.run(64, 0).outcome()).isEqualTo(Probe.Outcome.FITS);
    }
    assertThat(children()).isEmpty();
  }

  private static List<Long> children() {
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .map(ProcessHandle::pid)
        .toList();
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
