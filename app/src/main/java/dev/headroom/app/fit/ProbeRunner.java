package dev.headroom.app.fit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.headroom.app.UnavailableException;
import dev.headroom.app.fit.Probe.Outcome;
import dev.headroom.app.train.Interrupts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Tries batches in child processes. A child limits itself, so that no limit is left here; it ends
 * with its time, with an interrupt, and, since it watches its standard input, with this process.
 */
public final class ProbeRunner {
  private static final int MAX_OUTPUT = 1 << 20;
  private static final long POLL_MILLIS = 50;

  /**
   * A child's JVM: all that it needs is there from the start and touched, so that hardly anything
   * but tensors counts against the limit; and it leaves no file behind, whatever it dies of.
   */
  private static final List<String> JVM =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "-Xms192m",
          "-Xmx192m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:InitialCodeCacheSize=48m",
          "-XX:ReservedCodeCacheSize=48m",
          "-XX:-UsePerfData",
          "-XX:+SuppressFatalErrorMessage",
          "-XX:-CreateCoredumpOnCrash",
          "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
          "-Dorg.bytedeco.javacpp.maxBytes=0");

  private final List<String> command;
  private final double limitSeconds;

  /**
   * Prepares probes.
   *
   * @param words command line of a probe, without the batch
   * @param limitSeconds how long one may take
   */
  public ProbeRunner(List<String> words, double limitSeconds) {
    command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("dev.headroom.app.Main");
    command.addAll(words);
    this.limitSeconds = limitSeconds;
  }

  /** Tries a batch. */
  public Probe run(long batch, long predictedBytes) {
    long start = System.nanoTime();
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("--batch", Long.toString(batch)));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    // Without it glibc keeps freed memory, which then counts although no tensor has it.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    builder.environment().put("OMP_WAIT_POLICY", "passive");
    // oneDNN keeps each kernel that it compiled in 256 KiB of address space, of which it touches a
    // twentieth, but all of which counts: 33 MiB for a ResNet-18. Compiled anew, none is kept.
    builder.environment().put("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UnavailableException("a probe could not be started: " + e.getMessage(), null, e);
    }
    // Should this process end early, in whatever way, the child must not stay.
    Thread ender = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ender);
    try {
      CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> read(process));
      Outcome ended = await(process, start);
      String text = output.join();
      double seconds = (System.nanoTime() - start) / 1e9;
      if (ended != Outcome.FITS) {
        return new Probe(batch, predictedBytes, 0, 0, ended, "", seconds);
      }
      return answer(batch, predictedBytes, process.exitValue(), text, seconds);
    } finally {
      process.destroyForcibly();
      remove(ender);
    }
  }

  /** Waits; FITS means that the child ended by itself. */
  private Outcome await(Process process, long start) {
    try {
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        boolean late = (System.nanoTime() - start) / 1e9 > limitSeconds;
        if (late || Interrupts.requested()) {
          end(process);
          return late ? Outcome.TIME_LIMIT : Outcome.INTERRUPTED;
        }
      }
      return Interrupts.requested() ? Outcome.INTERRUPTED : Outcome.FITS;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return Outcome.INTERRUPTED;
    }
  }

  private static void end(Process process) throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  private static String read(Process process) {
    try (InputStream in = process.getInputStream()) {
      String text = new String(in.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
      in.skip(Long.MAX_VALUE);
      return text;
    } catch (IOException e) {
      return "";
    }
  }

  private static Probe answer(
      long batch, long predictedBytes, int exit, String text, double seconds) {
    Map<String, String> said = parse(text);
    String outcome = said.get("outcome");
    if (outcome != null) {
      return new Probe(
          batch,
          predictedBytes,
          Long.parseLong(said.getOrDefault("peakLiveBytes", "0")),
          Long.parseLong(said.getOrDefault("processBytes", "0")),
          Outcome.valueOf(outcome),
          said.getOrDefault("message", ""),
          seconds);
    }
    String last = text.strip();
    last = last.substring(last.lastIndexOf('\n') + 1);
    // Signals: the kernel ended it (KILL), or the JVM itself could not get memory (ABRT, SEGV).
    boolean killed =
        exit == 137
            || exit == 134
            || exit == 139
            || (exit == 1 && text.contains("insufficient memory"));
    return new Probe(
        batch,
        predictedBytes,
        0,
        0,
        killed ? Outcome.OUT_OF_MEMORY : Outcome.ERROR,
        killed ? "the process was ended" : "exit code " + exit + ": " + last,
        seconds);
  }

  /** The flat JSON object that a probe prints, wherever it stands in the output. */
  private static Map<String, String> parse(String text) {
    Map<String, String> out = new HashMap<>();
    int at = text.indexOf("{\n");
    if (at < 0) {
      return out;
    }
    try (JsonParser json = new JsonFactory().createParser(text.substring(at))) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        out.put(name, json.getText());
      }
    } catch (IOException e) {
      return new HashMap<>();
    }
    return out;
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook has run.
      hook.interrupt();
    }
  }
}
