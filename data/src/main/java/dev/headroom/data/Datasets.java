package dev.headroom.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds a data set by its name. */
public final class Datasets {
  /** Names that {@link #open} knows. */
  public static final List<String> NAMES =
      List.of("digits", "shapes", "mnist", "fashion-mnist", "cifar10");

  private static final int GENERATED_TRAIN = 10_000;
  private static final int GENERATED_TEST = 2_000;

  private static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");
  private static final List<String> CIFAR =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** What a set is for. */
  public enum Split {
    TRAIN,
    TEST
  }

  /**
   * What is known of a set without reading it.
   *
   * @param format shape of an image
   * @param classes number of classes
   * @param trainSize images to train on, of the official set
   * @param testSize images to test on, of the official set
   */
  public record Facts(ImageFormat format, int classes, int trainSize, int testSize) {}

  private Datasets() {}

  /**
   * Facts about a set, found without opening a file.
   *
   * @throws DataException if the name is unknown
   */
  public static Facts facts(String name) {
    return switch (name) {
      case "digits" -> new Facts(Digits.FORMAT, 10, GENERATED_TRAIN, GENERATED_TEST);
      case "shapes" -> new Facts(Shapes.FORMAT, 10, GENERATED_TRAIN, GENERATED_TEST);
      case "mnist", "fashion-mnist" -> new Facts(Digits.FORMAT, 10, 60_000, 10_000);
      case "cifar10" -> new Facts(CifarReader.FORMAT, 10, 50_000, 10_000);
      default -> folder(name).facts();
    };
  }

  /** A name that is none of the known ones may be a folder of images. */
  private static ImageFolder folder(String name) {
    if (!Files.isDirectory(Path.of(name))) {
      throw new DataException(
          "Unknown data set '"
              + name
              + "'. Known: "
              + String.join(", ", NAMES)
              + ", or a folder of images.");
    }
    return ImageFolder.of(Path.of(name));
  }

  /**
   * Opens a set.
   *
   * @param dataDir folder that holds {@code mnist/}, {@code fashion-mnist/}, {@code cifar-10/} or
   *     the files themselves; null for the usual places
   * @throws DataException if the name is unknown, or files are missing or damaged
   */
  public static ImageSet open(String name, @Nullable Path dataDir, Split split) {
    boolean train = split == Split.TRAIN;
    int generated = train ? GENERATED_TRAIN : GENERATED_TEST;
    return switch (name) {
      case "digits" -> Digits.generate(name, generated, train ? 1 : 2);
      case "shapes" -> Shapes.generate(name, generated, train ? 3 : 4);
      case "mnist" ->
          idx(name, "mnist", "MNIST (LeCun, Cortes, Burges)", Digits.CLASSES, dataDir, train);
      case "fashion-mnist" ->
          idx(name, "fashion-mnist", "Fashion-MNIST (Zalando Research)", FASHION, dataDir, train);
      case "cifar10" -> cifar(dataDir, train);
      default -> folder(name).read(split);
    };
  }

  private static ImageSet idx(
      String name,
      String folder,
      String official,
      List<String> classes,
      @Nullable Path dataDir,
      boolean train) {
    String prefix = train ? "train" : "t10k";
    String images = prefix + "-images-idx3-ubyte";
    for (Path place : places(folder, dataDir)) {
      Path found = either(place, images);
      if (found != null) {
        Path labels = either(place, prefix + "-labels-idx1-ubyte");
        if (labels == null) {
          throw new DataException(
              place
                  + " has "
                  + found.getFileName()
                  + " but no "
                  + prefix
                  + "-labels-idx1-ubyte[.gz].");
        }
        return IdxReader.read(name, found, labels, classes);
      }
    }
    throw missing(name, official, images + "[.gz]", "digits", folder, dataDir);
  }

  private static ImageSet cifar(@Nullable Path dataDir, boolean train) {
    for (Path place : places("cifar-10", dataDir)) {
      List<Path> files = batches(place, train ? "data_batch_\\d+" : "test_batch");
      if (!files.isEmpty()) {
        return CifarReader.read("cifar10", files, CIFAR);
      }
    }
    throw missing(
        "cifar10",
        "CIFAR-10 (Krizhevsky), cifar-10-binary.tar.gz unpacked",
        train ? "data_batch_1.bin[.gz]" : "test_batch.bin[.gz]",
        "shapes",
        "cifar-10",
        dataDir);
  }

  private static List<Path> batches(Path place, String pattern) {
    if (!Files.isDirectory(place)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(place)) {
      return files
          .filter(f -> f.getFileName().toString().matches(pattern + "\\.bin(\\.gz)?"))
          .filter(f -> !isCompressedTwin(f))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DataException(place + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Whether the same batch lies beside it unpacked: its images must not count twice. */
  private static boolean isCompressedTwin(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".gz")
        && Files.exists(file.resolveSibling(name.substring(0, name.length() - 3)));
  }

  private static @Nullable Path either(Path place, String file) {
    for (String suffix : List.of("", ".gz")) {
      Path path = place.resolve(file + suffix);
      if (Files.exists(path)) {
        return path;
      }
    }
    return null;
  }

  /** Folders that may hold a set, in the order in which they are tried. */
  static Set<Path> places(String folder, @Nullable Path dataDir) {
    Set<Path> places = new LinkedHashSet<>();
    for (Path root : DataFolders.candidates(dataDir)) {
      places.add(root.resolve(folder));
      if (folder.equals("cifar-10")) {
        places.add(root.resolve("cifar-10-batches-bin"));
      }
      if (dataDir != null) {
        places.add(root);
      }
    }
    return places;
  }

  private static DataException missing(
      String name,
      String official,
      String file,
      String builtIn,
      String folder,
      @Nullable Path dataDir) {
    StringBuilder text = new StringBuilder("No files of " + name + ". Looked for " + file + " in:");
    for (Path place : places(folder, dataDir)) {
      text.append("\n  ").append(place.toAbsolutePath().normalize());
    }
    text.append("\nPut the official files there: ").append(official).append('.');
    text.append("\nOr name their folder with --data-dir. Without files, --data ");
    text.append(builtIn).append(" is built in.");
    return new DataException(text.toString());
  }
}
