package dev.headroom.app.train;

import dev.headroom.app.InputException;
import dev.headroom.torch.Safetensors;
import dev.headroom.torch.TorchEngine;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** The files of a run's checkpoints: {@code step-0000000120.safetensors} and so on. */
final class CheckpointFolder {
  private static final Pattern NAME = Pattern.compile("step-(\\d{10,19})\\.safetensors");
  private static final Pattern LEFTOVER =
      Pattern.compile("\\.step-\\d+\\.safetensors" + Pattern.quote(Safetensors.PART));

  private final Path folder;
  private final Consumer<String> warn;

  CheckpointFolder(Path folder, Consumer<String> warn) {
    this.folder = folder;
    this.warn = warn;
  }

  /** Makes the folder, makes sure that it can be written, and clears what a killed run left. */
  void prepare() {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".headroom", Safetensors.PART));
      for (Path leftover : list(LEFTOVER)) {
        Files.deleteIfExists(leftover);
      }
    } catch (IOException e) {
      throw new InputException(
          folder + " cannot hold checkpoints: " + reason(e),
          "Name a folder that can be written for --checkpoint-dir.",
          e);
    }
  }

  /** The checkpoints, the newest first; valid or not. */
  List<Path> newestFirst() throws IOException {
    return list(NAME).reversed();
  }

  /** Writes one; it is there whole and on the disk, or not at all. */
  Path write(
      long step, Map<String, Tensor> tensors, Map<String, String> metadata, TorchEngine engine)
      throws IOException {
    Path file = folder.resolve(String.format(Locale.ROOT, "step-%010d.safetensors", step));
    Safetensors.write(file, tensors, metadata, engine);
    return file;
  }

  /** Deletes all but the newest. */
  void prune(int keep) throws IOException {
    List<Path> files = newestFirst();
    for (Path old : files.subList(Math.min(keep, files.size()), files.size())) {
      Files.deleteIfExists(old);
    }
  }

  /** Says that a file is damaged, and renames it so that it neither counts nor is lost. */
  void setAside(Path file, IOException why) {
    Path aside = file.resolveSibling(file.getFileName() + ".damaged");
    String where = "";
    try {
      Files.move(file, aside, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      where = " (now " + aside.getFileName() + ")";
    } catch (IOException e) {
      where = " (it could not be renamed: " + reason(e) + ")";
    }
    warn.accept(file + " is damaged: " + reason(why) + where + "; trying the one before it");
  }

  private List<Path> list(Pattern pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> pattern.matcher(file.getFileName().toString()).matches())
          .sorted(Comparator.comparing(file -> file.getFileName().toString()))
          .toList();
    }
  }

  /** An input or output failure in words. */
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "the folder is missing";
      case AccessDeniedException denied -> "permission denied";
      case FileAlreadyExistsException file -> "there is a file of that name";
      default -> String.valueOf(e.getMessage());
    };
  }
}
