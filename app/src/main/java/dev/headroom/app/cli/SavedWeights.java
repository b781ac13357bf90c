package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The file of {@code --save}: whether it can be written, and why not. */
final class SavedWeights {
  private SavedWeights() {}

  /** Before an hour of training, not after it. */
  static void checkWritable(@Nullable Path save) {
    if (save == null) {
      return;
    }
    if (Files.isDirectory(save)) {
      throw new InputException(save + " is a folder", "Name a file for --save.");
    }
    try {
      Files.delete(Files.createTempFile(save.toAbsolutePath().getParent(), ".headroom", ".part"));
    } catch (IOException e) {
      throw cannotWrite(save, e);
    }
  }

  static InputException cannotWrite(@Nullable Path save, IOException e) {
    return new InputException(
        save + " cannot be written: " + reason(e),
        "Create its folder, make room, or name another file for --save.",
        e);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "its folder is missing";
      case AccessDeniedException denied -> "permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }
}
