package dev.headroom.app.watch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.app.UnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures what a process that trains with PyTorch takes of a card beyond its allocator's segments:
 * the CUDA context, loaded kernels, libraries' own memory. A small program trains and holds still;
 * what the card shows more than before, minus what the allocator has reserved, is the context.
 */
public final class Calibration {
  private static final long MIB = 1 << 20;

  private final Source card;
  private final int gpu;
  private final String python;

  /**
   * Prepares a measurement.
   *
   * @param card shows the cards' memory
   * @param gpu which of them, from 0, in the order of nvidia-smi
   * @param python a Python with PyTorch for CUDA
   */
  public Calibration(Source card, int gpu, String python) {
    this.card = card;
    this.gpu = gpu;
    this.python = python;
  }

  /**
   * What the program said at one stage, beside what the card showed then.
   *
   * @param stage what it has loaded: {@code linear}, then {@code convolution} too
   * @param reservedBytes the allocator's segments
   * @param usedBytes the whole card
   * @param computeCapability such as 8.6
   * @param torch version of PyTorch
   */
  public record Stage(
      String stage, long reservedBytes, long usedBytes, String computeCapability, String torch) {}

  /**
   * Runs the program.
   *
   * @return the card's description, as {@code --device FILE} reads it
   * @throws IOException if the card cannot be looked at
   * @throws UnavailableException if the program cannot train on it
   */
  public Map<String, Object> run(String name) throws IOException {
    Sample before = sample();
    List<Stage> stages = new ArrayList<>();
    ProcessBuilder builder = new ProcessBuilder(python, "-c", script());
    builder.environment().put("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    builder.environment().put("CUDA_VISIBLE_DEVICES", Integer.toString(gpu));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UnavailableException(
          python + " cannot be started", "Name a Python that has PyTorch with --python.", e);
    }
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        OutputStream in = process.getOutputStream()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        JsonNode said = new ObjectMapper().readTree(line);
        stages.add(
            new Stage(
                said.path("stage").asText(),
                said.path("reservedBytes").asLong(),
                used(sample()),
                said.path("computeCapability").asText(),
                said.path("torch").asText()));
        in.write('\n');
        in.flush();
      }
      if (stages.size() < 2) {
        String why = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        throw new UnavailableException(
            "the measuring program could not train: " + last(why),
            "Name a Python with PyTorch for CUDA with --python.");
      }
    } finally {
      process.destroyForcibly();
    }
    return describe(name, before, stages);
  }

  /**
   * The card in the fields of the catalogue.
   *
   * @param before the card without the program
   * @param stages in order; the last one has loaded most and is what counts
   * @throws IOException if the figures make no sense, since something else moved meanwhile
   */
  static Map<String, Object> describe(String name, Sample before, List<Stage> stages)
      throws IOException {
    Long total = before.totalBytes();
    if (total == null) {
      throw new IOException(before.device() + " does not tell its total memory");
    }
    List<String> sources = new ArrayList<>();
    long context = 0;
    for (Stage stage : stages) {
      context = stage.usedBytes() - used(before) - stage.reservedBytes();
      if (context <= 0 || context >= total) {
        throw new IOException(
            "the context came out as "
                + context / MIB
                + " MiB: other programs on the card moved meanwhile. Try again when it is idle");
      }
      sources.add(
          "context with "
              + stage.stage()
              + " loaded: "
              + Math.ceilDiv(context, MIB)
              + " MiB, measured with nvidia-smi beside PyTorch "
              + stage.torch());
    }
    Map<String, Object> card = new LinkedHashMap<>();
    card.put("name", name);
    card.put("title", before.device().replaceFirst("^GPU \\d+ ", ""));
    card.put("memoryMiB", total / MIB);
    card.put("computeCapability", stages.getLast().computeCapability());
    card.put("contextMiB", Math.ceilDiv(context, MIB));
    card.put("contextMeasured", true);
    card.put("sources", sources);
    return card;
  }

  private Sample sample() throws IOException {
    List<Sample> all = card.read();
    if (gpu >= all.size()) {
      throw new IOException("there is no GPU " + gpu + ": nvidia-smi shows " + all.size());
    }
    return all.get(gpu);
  }

  private static long used(Sample sample) throws IOException {
    Long used = sample.usedBytes();
    if (used == null) {
      throw new IOException(sample.device() + " does not tell its used memory");
    }
    return used;
  }

  private static String script() throws IOException {
    try (InputStream in = Calibration.class.getResourceAsStream("calibrate.py")) {
      if (in == null) {
        throw new IllegalStateException("calibrate.py is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String last(String text) {
    String all = text.strip();
    return all.substring(all.lastIndexOf('\n') + 1);
  }
}
