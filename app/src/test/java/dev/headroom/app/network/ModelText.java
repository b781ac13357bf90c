package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;

/** Exported graphs without weights, with their text changed. */
final class ModelText {
  static final Path EXPORT = Path.of("../importers/src/test/resources/export").toAbsolutePath();
  static final Path UNSEEN = Path.of("../importers/src/test/resources/unseen").toAbsolutePath();

  private ModelText() {}

  /**
   * Writes a changed graph.
   *
   * @param model a {@code .model.json.gz}
   * @param folder where {@code net.json} goes
   * @param change must change something
   */
  static Path changed(Path model, Path folder, UnaryOperator<String> change) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(model))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(change.apply(text)).isNotEqualTo(text);
      return Files.writeString(folder.resolve("net.json"), change.apply(text));
    }
  }
}
