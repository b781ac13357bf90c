package dev.headroom.app.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.app.UnavailableException;
import dev.headroom.app.watch.Calibration;
import dev.headroom.app.watch.GpuSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A card measured instead of watched. */
final class CalibrationOptions {
  @Option(
      names = "--calibrate",
      paramLabel = "FILE",
      description = {
        "Instead of watching: measure what PyTorch takes of a GPU beyond its allocator, and write",
        "the card there, for plan --device FILE."
      })
  @Nullable Path file;

  @Option(
      names = "--gpu",
      paramLabel = "N",
      converter = Values.NotNegative.class,
      description = "Which GPU to measure, as nvidia-smi numbers them (default 0).")
  private int gpu;

  @Option(
      names = "--python",
      paramLabel = "PROGRAM",
      description = "A Python with PyTorch for CUDA (default python3).")
  private String python = "python3";

  /** Measures and writes. */
  Exit run(Terminal terminal, Path into) throws IOException {
    GpuSource card = new GpuSource();
    try {
      card.read();
    } catch (IOException e) {
      throw new UnavailableException(
          "--calibrate measures a GPU, and there is none: " + e.getMessage(),
          "Run it on the machine with the card; plan --device takes the file anywhere.",
          e);
    }
    Map<String, Object> described;
    try {
      described = new Calibration(card, gpu, python).run(name(into));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), null, e);
    }
    byte[] json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(described);
    try {
      Path part = Files.createTempFile(into.toAbsolutePath().getParent(), ".headroom", ".part");
      try {
        Files.write(part, json);
        Files.move(part, into, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new InputException(
          into + " cannot be written: " + e.getMessage(), "Name another file.", e);
    }
    if (terminal.wantsJson()) {
      terminal.json(described);
    } else {
      terminal.println(
          described.get("title")
              + ": "
              + described.get("contextMiB")
              + " MiB for context and kernels, measured. Use it with plan --device "
              + into
              + ".");
    }
    return Exit.OK;
  }

  private static String name(Path file) {
    Path last = file.getFileName();
    return last == null ? "my-card" : last.toString().replaceFirst("\\.json$", "");
  }
}
