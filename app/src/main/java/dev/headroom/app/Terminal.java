package dev.headroom.app;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a command prints to. Results go to {@link #println} or {@link #json}, everything else to
 * {@link #note}, {@link #warn} or a {@link #progress}.
 */
public final class Terminal {
  /** Columns that every report fits into. */
  public static final int WIDTH = 80;

  private final Streams streams;
  private final OutputOptions options;
  private final Ansi ansi;
  private final Ansi errAnsi;

  Terminal(Streams streams, OutputOptions options) {
    this.streams = streams;
    this.options = options;
    this.ansi = new Ansi(colour(options.color(), streams.outIsTerminal()));
    this.errAnsi = new Ansi(colour(options.color(), streams.errIsTerminal()));
  }

  /** Whether the result is wanted as JSON: then nothing else may go to standard output. */
  public boolean wantsJson() {
    return options.json();
  }

  /** Styles for {@link #println}. */
  public Ansi ansi() {
    return ansi;
  }

  /** One line of a result. */
  public void println(String line) {
    streams.out().println(line);
  }

  /** An empty line of a result. */
  public void println() {
    streams.out().println();
  }

  /** A result as indented JSON; see {@link Json} for what the tree may hold. */
  public void json(Object tree) {
    Json.write(tree, streams.out());
  }

  /** A remark on standard error; not with --quiet. */
  public void note(String line) {
    if (!options.quiet()) {
      streams.err().println(fresh() + errAnsi.dim(line));
    }
  }

  /** A line on a watched standard error that the next one replaces; nothing when piped. */
  public void status(String line) {
    if (!options.quiet() && streams.errIsTerminal()) {
      streams.err().print(fresh() + line.substring(0, Math.min(line.length(), WIDTH - 1)));
      streams.err().flush();
    }
  }

  /** A warning on standard error; not with --quiet. */
  public void warn(String line) {
    if (!options.quiet()) {
      streams.err().println(fresh() + errAnsi.yellow("warning:") + " " + line);
    }
  }

  /**
   * Progress on standard error: a bar on a terminal, a line every tenth when piped, nothing with
   * --quiet. Close it when done.
   *
   * @param task what goes on, such as {@code training}
   * @param total steps of the whole
   * @param unit what one step is, in the plural, such as {@code batches}
   */
  public Progress progress(String task, long total, String unit) {
    if (options.quiet() || total <= 0) {
      return Progress.SILENT;
    }
    return streams.errIsTerminal()
        ? new BarProgress(task, total, unit, streams.err())
        : new PlainProgress(task, total, unit, streams.err(), System::nanoTime);
  }

  /** Brings results out before something else writes to standard error. */
  public void flush() {
    streams.out().flush();
  }

  /** Runs another command line, which prints here and with the same options as this one. */
  public Exit run(List<String> args) {
    return Main.run(withOptions(args), streams);
  }

  /**
   * Runs another command line with {@code --json} and gives its result to the consumer; what it
   * says on standard error goes there.
   */
  public Exit runForJson(List<String> args, Consumer<Json.Raw> result) {
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(captured, false, StandardCharsets.UTF_8);
    Exit exit =
        Main.run(
            withOptions(args), new Streams(out, streams.err(), false, streams.errIsTerminal()));
    out.flush();
    String text = captured.toString(StandardCharsets.UTF_8).strip();
    if (!text.isEmpty()) {
      result.accept(new Json.Raw(text));
    }
    return exit;
  }

  private String[] withOptions(List<String> args) {
    List<String> all = new ArrayList<>(List.of("--color", options.color()));
    if (options.json()) {
      all.add("--json");
    }
    if (options.quiet()) {
      all.add("--quiet");
    }
    all.addAll(args);
    return all.toArray(new String[0]);
  }

  /** The end of a command that failed. */
  void fail(Failure failure) {
    failure.lines(errAnsi).forEach(streams.err()::println);
  }

  /** Clears what a progress bar has left on the line. */
  private String fresh() {
    return streams.errIsTerminal() ? "\r\u001b[K" : "";
  }

  private static boolean colour(String when, boolean isTerminal) {
    return switch (when) {
      case "always" -> true;
      case "never" -> false;
      default -> isTerminal && unset("NO_COLOR") && !"dumb".equals(System.getenv("TERM"));
    };
  }

  private static boolean unset(String variable) {
    String value = System.getenv(variable);
    return value == null || value.isEmpty();
  }
}
