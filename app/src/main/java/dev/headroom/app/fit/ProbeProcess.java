package dev.headroom.app.fit;

import dev.headroom.app.UnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A child process that tries batches: it reads one number after another from its standard input and
 * writes an answer for each. It ends when it is closed, and, since it watches its standard input,
 * with this process, whatever ends it.
 */
final class ProbeProcess implements AutoCloseable {
  private static final int MAX_OUTPUT = 1 << 20;
  private static final int SECONDS_TO_END = 10;

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

  private final Process process;
  private final BufferedReader output;
  private final Writer input;
  private final Thread ender;

  /**
   * Starts one.
   *
   * @param words its command line
   * @param environment added to this process's own
   */
  ProbeProcess(List<String> words, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("dev.headroom.app.Main");
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UnavailableException("a probe could not be started: " + e.getMessage(), null, e);
    }
    output = process.inputReader(StandardCharsets.UTF_8);
    input = process.outputWriter(StandardCharsets.UTF_8);
    // Should this process end early, in whatever way, the child must not stay.
    ender = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ender);
  }

  /** Asks for a batch: what the child writes up to the end of its answer, or until it ends. */
  CompletableFuture<String> ask(long batch) {
    return CompletableFuture.supplyAsync(
        () -> {
          StringBuilder text = new StringBuilder();
          try {
            input.write(batch + "\n");
            input.flush();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
              if (text.length() < MAX_OUTPUT) {
                text.append(line).append('\n');
              }
              if (line.equals("}") && text.indexOf("{\n") >= 0) {
                break;
              }
            }
          } catch (IOException e) {
            // It has ended; the exit code says how.
            return text.toString();
          }
          return text.toString();
        });
  }

  /** Its exit code, now that it has closed its output; -1 if it does not end for all that. */
  int exit() throws InterruptedException {
    return process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  /** Ends it, whatever it does, and waits until it is gone. */
  @Override
  public void close() {
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    try {
      Runtime.getRuntime().removeShutdownHook(ender);
    } catch (IllegalStateException e) {
      // This process is ending already, and the hook has run.
      ender.interrupt();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
