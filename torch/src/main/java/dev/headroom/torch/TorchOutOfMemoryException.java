package dev.headroom.torch;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The allocator could not give what was asked for. The process stays usable. */
public final class TorchOutOfMemoryException extends TorchException {
  private static final Pattern ASKED = Pattern.compile("tried to allocate (\\d+) bytes");
  private final long requestedBytes;

  TorchOutOfMemoryException(String message, Throwable cause) {
    super(message, cause);
    Matcher m = ASKED.matcher(message);
    requestedBytes = m.find() ? Long.parseLong(m.group(1)) : -1;
  }

  /** Bytes that were asked for, or -1 if libtorch did not say. */
  public long requestedBytes() {
    return requestedBytes;
  }

  static boolean is(Throwable e) {
    return String.valueOf(e.getMessage()).contains("can't allocate memory");
  }
}
