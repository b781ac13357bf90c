package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.app.UnavailableException;
import dev.headroom.app.train.Interrupts;
import dev.headroom.app.watch.GpuSource;
import dev.headroom.app.watch.ProcessSource;
import dev.headroom.app.watch.Source;
import dev.headroom.app.watch.Watch;
import dev.headroom.tensor.Bytes;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Memory over time: of the GPUs, or where there is none, of a process or the machine. */
@Command(
    name = "watch",
    description = {
      "The memory over time: of the GPUs where nvidia-smi shows some, else of COMMAND or of the",
      "machine. Ctrl-C ends it, or the end of COMMAND; the peak is printed then."
    },
    footer = {
      "",
      "Example:",
      "  headroom watch -- python train.py",
      "  headroom plan mlp --json > plan.json; headroom watch --plan plan.json -- ./train.sh",
      "  headroom watch --interval 0.5 --csv memory.csv",
      "  headroom watch --calibrate my-card.json; headroom plan mlp --device my-card.json"
    })
final class WatchCommand extends AppCommand {
  private static final int COLUMNS = 32;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      converter = Values.Rate.class,
      description = "Time between two samples (default 1).")
  private double interval = 1;

  @Option(
      names = "--samples",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "End after so many samples.")
  private @Nullable Integer samples;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write every sample there: seconds, device, used and total bytes.")
  private @Nullable Path csv;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "What headroom plan --json printed: shown beside the peak; passing it alarms.")
  private @Nullable Path plan;

  @Option(
      names = "--idle",
      paramLabel = "SIZE",
      converter = Values.Size.class,
      description = "What the process takes before it trains: a CPU plan is on top of that.")
  private long idle;

  @Option(
      names = "--ceiling",
      paramLabel = "SIZE",
      converter = Values.Size.class,
      description = "Alarm when this is passed, instead of the plan.")
  private @Nullable Long ceiling;

  @Mixin private final CalibrationOptions calibration = new CalibrationOptions();

  @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "What to run and watch.")
  private List<String> command = List.of();

  @Override
  protected Exit run(Terminal terminal) throws IOException {
    Path card = calibration.file;
    if (card != null) {
      return calibration.run(terminal, card);
    }
    Interrupts.install();
    Long planned = plan == null ? null : PlanFile.usedBytes(plan);
    Long limit = ceiling != null ? ceiling : planned == null ? null : (Long) (planned + idle);
    Process process = command.isEmpty() ? null : start(terminal);
    long start = System.nanoTime();
    Watch watch = new Watch(source(terminal, process), limit);
    try (BufferedWriter out = csv == null ? null : Files.newBufferedWriter(csv)) {
      if (out != null) {
        out.write("seconds,device,used_bytes,total_bytes\n");
      }
      loop(terminal, watch, process, start, out);
    } finally {
      if (process != null && process.isAlive()) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
      }
    }
    terminal.status("");
    Integer code = process == null ? null : exitCode(process);
    WatchReport report =
        new WatchReport(watch, (System.nanoTime() - start) / 1e9, planned, limit, command, code);
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text(COLUMNS).forEach(terminal::println);
    }
    if (Interrupts.requested()) {
      return Exit.INTERRUPTED;
    }
    if (code != null && code != 0) {
      throw new InputException(String.join(" ", command) + " ended with code " + code, null);
    }
    return Exit.OK;
  }

  private Process start(Terminal terminal) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
      if (!terminal.wantsJson()) {
        return builder.start();
      }
      // The result has standard output for itself.
      Process process = builder.redirectOutput(ProcessBuilder.Redirect.PIPE).start();
      Thread.ofPlatform().daemon().start(() -> pass(process));
      return process;
    } catch (IOException e) {
      throw new InputException(
          command.getFirst() + " cannot be started: " + e.getMessage(),
          "Name a program after --, with its arguments.",
          e);
    }
  }

  private static void pass(Process process) {
    try {
      process.getInputStream().transferTo(System.err);
    } catch (IOException e) {
      // The command has ended.
      return;
    }
  }

  private Source source(Terminal terminal, @Nullable Process process) {
    String noGpu;
    try {
      GpuSource gpus = new GpuSource();
      gpus.read();
      return gpus;
    } catch (IOException e) {
      noGpu = String.valueOf(e.getMessage());
    }
    Source other = process == null ? ProcessSource.machine() : ProcessSource.of(process.toHandle());
    try {
      other.read();
    } catch (IOException e) {
      throw new UnavailableException("no GPU (" + noGpu + "), and " + e.getMessage(), null, e);
    }
    terminal.note(
        "no GPU ("
            + noGpu
            + "): watching "
            + (process == null ? "this machine's memory" : "the command's memory"));
    return other;
  }

  private void loop(
      Terminal terminal,
      Watch watch,
      @Nullable Process process,
      long start,
      @Nullable BufferedWriter out)
      throws IOException {
    long step = (long) (interval * 1e9);
    for (long i = 0; !Interrupts.requested(); i++) {
      double seconds = (System.nanoTime() - start) / 1e9;
      try {
        for (Watch.Alarm alarm : watch.sample(seconds)) {
          terminal.warn(
              String.format(
                  Locale.ROOT,
                  "%s: %s is above the ceiling, after %.1f s",
                  alarm.device(),
                  Bytes.format(alarm.usedBytes()),
                  alarm.seconds()));
        }
      } catch (IOException e) {
        // A driver may hang for a moment; the next sample may come.
        terminal.warn("a sample is missing: " + e.getMessage());
      }
      for (Watch.Device device : watch.devices()) {
        terminal.status(WatchReport.line(device, COLUMNS));
        if (out != null && device.usedBytes() != null) {
          out.write(
              String.format(
                  Locale.ROOT,
                  "%.3f,\"%s\",%d,%s%n",
                  seconds,
                  device.name(),
                  device.usedBytes(),
                  device.totalBytes() == null ? "" : device.totalBytes()));
          out.flush();
        }
      }
      if ((samples != null && i + 1 >= samples) || ended(process, start + (i + 1) * step)) {
        return;
      }
    }
  }

  /** Waits for the next sample; whether the command has ended meanwhile. */
  private static boolean ended(@Nullable Process process, long until) {
    try {
      while (!Interrupts.requested()) {
        long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        if (left <= 0) {
          return process != null && !process.isAlive();
        }
        long nap = Math.min(left, 100);
        if (process == null) {
          Thread.sleep(nap);
        } else if (process.waitFor(nap, TimeUnit.MILLISECONDS)) {
          return true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  private static @Nullable Integer exitCode(Process process) {
    try {
      return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
