package dev.headroom.app;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where results and messages go.
 *
 * @param out results
 * @param err progress, notes and errors
 * @param outIsTerminal whether a person watches {@code out}
 * @param errIsTerminal whether a person watches {@code err}
 */
record Streams(PrintStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal) {

  /**
   * The process's own. The launcher knows which of the two is a terminal and says so in the system
   * property {@code headroom.terminal}, such as {@code out,err}; {@link System#console()} can only
   * tell about all at once.
   */
  static Streams ofProcess() {
    String terminals = System.getProperty("headroom.terminal", "");
    return new Streams(
        new PrintStream(
            new BufferedOutputStream(new Stdout(), 8192), false, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        terminals.contains("out"),
        terminals.contains("err"));
  }

  /** Neither is a terminal. */
  static Streams piped(PrintStream out, PrintStream err) {
    return new Streams(out, err, false, false);
  }

  /** Standard output, where a reader that has gone away ({@code | head}) is no failure. */
  private static final class Stdout extends OutputStream {
    private final FileOutputStream file = new FileOutputStream(FileDescriptor.out);
    private boolean readerGone;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (readerGone) {
        return;
      }
      try {
        file.write(bytes, offset, length);
      } catch (IOException e) {
        readerGone = isBrokenPipe(e.getMessage());
        if (!readerGone) {
          throw e;
        }
      }
    }

    private static boolean isBrokenPipe(@Nullable String message) {
      return message != null && message.contains("Broken pipe");
    }
  }
}
