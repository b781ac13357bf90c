package dev.headroom.app.sweep;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.headroom.data.BatchSource;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.TorchEngine;
import dev.headroom.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;

/**
 * Which code a run goes through: a digest of the classes that decide its course and its time. The
 * version alone does not tell two builds apart.
 */
final class Build {
  /**
   * Files of one module.
   *
   * @param place its jar, or the folder of its classes
   * @param folder where in it those lie that count, with / at the end
   */
  record Part(Path place, String folder) {
    /** The module of a class, all of it below a folder. */
    static Part of(Class<?> type, String folder) {
      try {
        return new Part(
            Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()), folder);
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final int DIGITS = 16;

  private Build() {}

  /** Found out when it is first asked for: that reads the directory of every jar. */
  private static final class Current {
    static final String ID =
        of(
            List.of(
                Part.of(TrainingLoop.class, "dev/headroom/"),
                Part.of(TorchEngine.class, "dev/headroom/"),
                Part.of(BatchSource.class, "dev/headroom/"),
                Part.of(Zoo.class, "dev/headroom/"),
                // Of the command line only what runs and times the steps.
                Part.of(Experiment.class, "dev/headroom/app/sweep/"),
                Part.of(Experiment.class, "dev/headroom/app/train/"),
                Part.of(Tensor.class, "org/bytedeco/pytorch/")));
  }

  /** That of the code that is running. */
  static String current() {
    return Current.ID;
  }

  /** The same files give the same text, in a jar or in a folder, whenever they were written. */
  static String of(List<Part> parts) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    for (Part part : parts) {
      sums(part).forEach((name, sum) -> digest.update((name + " " + sum + "\n").getBytes(UTF_8)));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
  }

  private static Map<String, Long> sums(Part part) {
    try {
      Map<String, Long> sums = Files.isDirectory(part.place()) ? ofFolder(part) : ofJar(part);
      if (sums.isEmpty()) {
        throw new IllegalStateException(part.place() + " has no files in " + part.folder());
      }
      return sums;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Long> ofJar(Part part) throws IOException {
    Map<String, Long> sums = new TreeMap<>();
    try (ZipFile jar = new ZipFile(part.place().toFile())) {
      jar.stream()
          .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(part.folder()))
          .forEach(entry -> sums.put(entry.getName(), entry.getCrc()));
    }
    return sums;
  }

  private static Map<String, Long> ofFolder(Part part) throws IOException {
    Map<String, Long> sums = new TreeMap<>();
    Path below = part.place().resolve(part.folder());
    try (Stream<Path> files = Files.walk(below)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        CRC32 sum = new CRC32();
        sum.update(Files.readAllBytes(file));
        String name = below.relativize(file).toString().replace('\\', '/');
        sums.put(part.folder() + name, sum.getValue());
      }
    }
    return sums;
  }
}
