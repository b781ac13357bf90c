package dev.headroom.app.cli;

import dev.headroom.app.UnavailableException;
import dev.headroom.app.UsageException;
import dev.headroom.device.Device;
import dev.headroom.importers.device.DeviceCatalogue;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A GPU of this machine to train on, and what to plan for.
 *
 * @param device what the plan takes it to be
 * @param environment what makes a child process see this one alone
 */
record GpuCard(Device device, Map<String, String> environment) {
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?", 2);
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";
  private static final String QUERY = "name,memory.total,compute_cap";
  private static final long MIB = 1L << 20;

  GpuCard {
    environment = Map.copyOf(environment);
  }

  /**
   * {@code cuda} (the first GPU that the user lets programs see), {@code cuda:N} as nvidia-smi
   * numbers them; any other name is a card to plan for while the first GPU is tried.
   *
   * @throws UnavailableException if nvidia-smi shows no such GPU
   */
  static GpuCard named(String name) throws IOException {
    Matcher cuda = CUDA.matcher(name);
    boolean own = cuda.matches();
    String which = own && cuda.group(1) != null ? cuda.group(1) : firstVisible();
    Map<String, String> environment = Map.of("CUDA_DEVICE_ORDER", "PCI_BUS_ID", VISIBLE, which);
    return new GpuCard(own ? asShown(which) : DeviceOption.gpu(name), environment);
  }

  private static String firstVisible() {
    String visible = System.getenv(VISIBLE);
    return visible == null || visible.isBlank() ? "0" : visible.split(",")[0].strip();
  }

  private static Device asShown(String which) {
    NvidiaSmi.Answer answer = NvidiaSmi.ask(QUERY, which);
    if (answer.gpus().isEmpty()) {
      throw new UnavailableException(
          "no GPU can be tried: " + answer.reason().replaceFirst("^none: ", ""),
          "headroom plan --device answers for any card without one.");
    }
    return described(answer.gpus().getFirst());
  }

  /**
   * A card by what nvidia-smi says: {@code NVIDIA GeForce RTX 3090, 24576 MiB, 8.6}. What it does
   * not say, the context, is taken from the card of the catalogue that is most like it.
   */
  static Device described(String line) {
    String[] fields = line.split(",");
    Long memory = fields.length == 3 ? mebibytes(fields[1].strip()) : null;
    if (memory == null || !fields[2].strip().matches("\\d{1,2}\\.\\d")) {
      throw new UsageException(
          "nvidia-smi does not tell what is needed to plan: " + line,
          "Name the card with --device, such as rtx3090, or describe it in a JSON file.");
    }
    String title = fields[0].strip();
    int capability = Integer.parseInt(fields[2].strip().replace(".", ""));
    List<Device> known = DeviceCatalogue.all();
    Device like =
        known.stream()
            .min(
                Comparator.<Device>comparingInt(d -> Math.abs(d.computeCapability() - capability))
                    .thenComparingLong(d -> Math.abs(d.memoryBytes() - memory * MIB)))
            .orElseThrow();
    return new Device(
        "cuda",
        title,
        memory * MIB,
        null,
        capability,
        like.contextBytes(),
        false,
        null,
        null,
        MIB,
        List.of("nvidia-smi; its context as " + like.title()));
  }

  private static @Nullable Long mebibytes(String text) {
    String number = text.replaceFirst(" MiB$", "");
    return number.matches("\\d{1,9}") ? (Long) Long.parseLong(number) : null;
  }
}
