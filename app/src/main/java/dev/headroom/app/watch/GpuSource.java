package dev.headroom.app.watch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** NVIDIA GPUs, as the driver's own tool shows them. */
public final class GpuSource implements Source {
  private static final int SECONDS = 10;
  private static final int MAX_OUTPUT = 16 << 20;

  private final List<String> command;

  /** Asks {@code nvidia-smi} on the PATH. */
  public GpuSource() {
    this(List.of("nvidia-smi", "-q", "-x"));
  }

  GpuSource(List<String> command) {
    this.command = List.copyOf(command);
  }

  @Override
  public List<Sample> read() throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new IOException("nvidia-smi is not installed", e);
    }
    try {
      CompletableFuture<String> text = CompletableFuture.supplyAsync(() -> text(process));
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("nvidia-smi did not answer within " + SECONDS + " s");
      }
      String said = text.join();
      if (process.exitValue() != 0) {
        throw new IOException(GpuXml.reason(said));
      }
      return GpuXml.parse(said);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while nvidia-smi ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Process process) {
    try (InputStream in = process.getInputStream()) {
      return new String(in.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
