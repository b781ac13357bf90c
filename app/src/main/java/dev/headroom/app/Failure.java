package dev.headroom.app;

import dev.headroom.data.DataException;
import dev.headroom.data.ThreadDiedException;
import dev.headroom.importers.ImportException;
import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.loop.NodeException;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.tensor.SizeOverflowException;
import dev.headroom.torch.EngineUnavailableException;
import dev.headroom.torch.TorchException;
import dev.headroom.torch.TorchOutOfMemoryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a throwable ends the process: exit code, message and hint. The one place that maps exceptions
 * to exit codes; another module's exception is one more line in {@link #RULES}.
 */
record Failure(Exit exit, String message, @Nullable String hint) {

  private record Rule(
      Class<? extends Throwable> type, Exit exit, Function<Throwable, String> message) {}

  /** The first rule whose type fits is taken, so the more special come first. */
  private static final List<Rule> RULES =
      List.of(
          new Rule(DataException.class, Exit.INPUT, Failure::text),
          new Rule(ThreadDiedException.class, Exit.THREAD_DIED, Failure::text),
          new Rule(ImportException.class, Exit.INPUT, Failure::text),
          new Rule(NodeException.class, Exit.INPUT, Failure::text),
          new Rule(RecordingMismatchException.class, Exit.INPUT, Failure::text),
          new Rule(UnsupportedOperatorException.class, Exit.INPUT, Failure::text),
          new Rule(SizeOverflowException.class, Exit.INPUT, Failure::text),
          new Rule(EngineUnavailableException.class, Exit.UNAVAILABLE, Failure::text),
          new Rule(
              TorchOutOfMemoryException.class,
              Exit.DOES_NOT_FIT,
              t -> "ran out of memory: " + text(t)),
          new Rule(TorchException.class, Exit.INPUT, t -> "libtorch refused a call: " + text(t)),
          new Rule(
              NoSuchFileException.class,
              Exit.INPUT,
              t ->
                  path(t)
                      + ": there is no such file. Check its name and its folder; a path that does"
                      + " not begin with / begins at "
                      + Path.of("").toAbsolutePath()
                      + "."),
          new Rule(
              AccessDeniedException.class,
              Exit.INPUT,
              t -> path(t) + ": permission denied. See with ls -l who may use it."),
          new Rule(IOException.class, Exit.INPUT, Failure::text),
          new Rule(InterruptedException.class, Exit.INTERRUPTED, t -> "interrupted"),
          new Rule(
              OutOfMemoryError.class,
              Exit.DOES_NOT_FIT,
              t ->
                  text(t).contains("heap")
                      ? "the data do not fit in Java's own memory ("
                          + (Runtime.getRuntime().maxMemory() >> 20)
                          + " MiB). Give it more, such as JDK_JAVA_OPTIONS=-Xmx8g"
                      : "ran out of memory: " + text(t)),
          new Rule(
              UnsatisfiedLinkError.class,
              Exit.UNAVAILABLE,
              t -> "a native library could not be loaded: " + text(t)));

  static Failure of(Throwable thrown) {
    Throwable t = unwrap(thrown);
    if (t instanceof AppException e) {
      return new Failure(e.exit(), text(e), e.hint());
    }
    for (Rule rule : RULES) {
      if (rule.type().isInstance(t)) {
        return new Failure(rule.exit(), rule.message().apply(t), null);
      }
    }
    String where = t.getStackTrace().length == 0 ? "" : " at " + t.getStackTrace()[0];
    return new Failure(
        Exit.BUG,
        "this is a bug in Headroom: " + t.getClass().getSimpleName() + ": " + text(t) + where,
        "Please report it, with the command and with what HEADROOM_DEBUG=1 prints.");
  }

  /** The lines for stderr. */
  List<String> lines(Ansi ansi) {
    List<String> lines = new ArrayList<>();
    lines.add(ansi.red("error:") + " " + message);
    if (hint != null) {
      lines.add(hint);
    }
    return lines;
  }

  private static Throwable unwrap(Throwable thrown) {
    Throwable t = thrown;
    while (t.getCause() != null
        && (t instanceof UncheckedIOException
            || t instanceof ExecutionException
            || t instanceof CompletionException)) {
      t = t.getCause();
    }
    return t;
  }

  private static String path(Throwable t) {
    String file = t instanceof FileSystemException e ? e.getFile() : null;
    return file == null ? text(t) : file;
  }

  private static String text(Throwable t) {
    String message = t.getMessage();
    return message == null || message.isBlank() ? t.getClass().getSimpleName() : message;
  }
}
