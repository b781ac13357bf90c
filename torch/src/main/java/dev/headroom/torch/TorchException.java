package dev.headroom.torch;

/** libtorch refused a call; the message names the operator and libtorch's reason. */
public class TorchException extends RuntimeException {
  public TorchException(String message) {
    super(message);
  }

  public TorchException(String message, Throwable cause) {
    super(message, cause);
  }

  /** libtorch's reason: the first line, without the C++ backtrace. */
  static String reason(Throwable e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
