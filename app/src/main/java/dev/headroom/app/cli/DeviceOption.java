package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.device.Device;
import dev.headroom.importers.device.DeviceCatalogue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** What {@code --device} names. */
final class DeviceOption {
  private DeviceOption() {}

  /**
   * A card of the catalogue, or the one that a JSON file describes.
   *
   * @throws UsageException if there is no such card
   * @throws IOException if the file cannot be read
   */
  static Device gpu(String name) throws IOException {
    if (name.endsWith(".json")) {
      return DeviceCatalogue.read(Path.of(name));
    }
    Device device = DeviceCatalogue.find(name);
    if (device == null) {
      throw new UsageException(
          "there is no device '" + name + "'",
          "Known: "
              + DeviceCatalogue.all().stream().map(Device::name).collect(Collectors.joining(", "))
              + "; or a file of your own, such as my-card.json.");
    }
    return device;
  }
}
