package dev.headroom.app.fit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.headroom.app.fit.Probe.Outcome;
import dev.headroom.app.train.Interrupts;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tries batches in child processes, which limit themselves, so that no limit is left here. On the
 * CPU each batch has a process of its own, since only a fresh one has nothing of another batch in
 * it; on a GPU one process tries them all and empties the allocator's cache between them.
 */
public final class ProbeRunner implements AutoCloseable {
  private static final long POLL_MILLIS = 50;
  private static final String ERROR = "error:";

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          // Without it glibc keeps freed memory, which then counts although no tensor has it.
          "MALLOC_MMAP_THRESHOLD_",
          "65536",
          "OMP_WAIT_POLICY",
          "passive",
          // oneDNN keeps each kernel that it compiled in 256 KiB of address space, of which it
          // touches a twentieth, but all of which counts: 33 MiB for a ResNet-18. Compiled anew,
          // none is kept.
          "ONEDNN_PRIMITIVE_CACHE_CAPACITY",
          "0");

  private final List<String> words;
  private final Map<String, String> environment;
  private final double limitSeconds;
  private final boolean keeps;
  private @Nullable ProbeProcess process;

  private ProbeRunner(
      List<String> words, Map<String, String> more, double limitSeconds, boolean keeps) {
    this.words = List.copyOf(words);
    this.environment = new HashMap<>(ENVIRONMENT);
    this.environment.putAll(more);
    this.limitSeconds = limitSeconds;
    this.keeps = keeps;
  }

  /**
   * A new process for each batch.
   *
   * @param words command line of a probe
   * @param limitSeconds how long one may take
   */
  public static ProbeRunner fresh(List<String> words, double limitSeconds) {
    return new ProbeRunner(words, Map.of(), limitSeconds, false);
  }

  /**
   * One process for all batches, started anew only after one that did not answer.
   *
   * @param environment added to this process's own
   */
  public static ProbeRunner keeping(
      List<String> words, Map<String, String> environment, double limitSeconds) {
    return new ProbeRunner(words, environment, limitSeconds, true);
  }

  /** Tries a batch. */
  public Probe run(long batch, long predictedBytes) {
    long start = System.nanoTime();
    ProbeProcess asked = process;
    if (asked == null) {
      asked = new ProbeProcess(words, environment);
      process = asked;
    }
    boolean answered = false;
    try {
      CompletableFuture<String> answer = asked.ask(batch);
      Outcome ended = await(answer, start);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (ended != Outcome.FITS) {
        return new Probe(batch, predictedBytes, 0, 0, ended, "", seconds);
      }
      String text = answer.join();
      Map<String, String> said = parse(text);
      String outcome = said.get("outcome");
      if (outcome == null) {
        return death(batch, predictedBytes, asked.exit(), text, seconds);
      }
      answered = !outcome.equals(Outcome.ERROR.name());
      return new Probe(
          batch,
          predictedBytes,
          Long.parseLong(said.getOrDefault("measuredBytes", "0")),
          Long.parseLong(said.getOrDefault("takenBytes", "0")),
          Outcome.valueOf(outcome),
          said.getOrDefault("message", ""),
          seconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Probe(batch, predictedBytes, 0, 0, Outcome.INTERRUPTED, "", 0);
    } finally {
      if (!keeps || !answered) {
        close();
      }
    }
  }

  /** Waits; FITS means that the child said something, or ended by itself. */
  private Outcome await(CompletableFuture<String> answer, long start) throws InterruptedException {
    while (true) {
      try {
        answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        return Interrupts.requested() ? Outcome.INTERRUPTED : Outcome.FITS;
      } catch (TimeoutException e) {
        if (Interrupts.requested()) {
          return Outcome.INTERRUPTED;
        }
        if ((System.nanoTime() - start) / 1e9 > limitSeconds) {
          return Outcome.TIME_LIMIT;
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("reading a probe's answer failed", e);
      }
    }
  }

  private static Probe death(
      long batch, long predictedBytes, int exit, String text, double seconds) {
    // Signals: the kernel ended it (KILL), or the JVM itself could not get memory (ABRT, SEGV).
    // OpenBLAS ends the process itself where it gets no buffer.
    boolean killed =
        exit == 137
            || exit == 134
            || exit == 139
            || (exit == 1 && text.contains("insufficient memory"))
            || (exit == 1 && text.contains("OpenBLAS error: Memory allocation"));
    return new Probe(
        batch,
        predictedBytes,
        0,
        0,
        killed ? Outcome.OUT_OF_MEMORY : Outcome.ERROR,
        killed ? "the process was ended" : "exit code " + exit + ": " + reason(text),
        seconds);
  }

  /** The error that a probe told, or whatever it said last. */
  private static String reason(String text) {
    String last = "";
    for (String line : text.split("\n")) {
      if (line.startsWith(ERROR)) {
        return line.substring(ERROR.length()).strip();
      }
      last = line.isBlank() ? last : line.strip();
    }
    return last;
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

  /** Ends the process, if there is one. */
  @Override
  public void close() {
    ProbeProcess running = process;
    if (running != null) {
      process = null;
      running.close();
    }
  }
}
