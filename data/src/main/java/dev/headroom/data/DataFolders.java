package dev.headroom.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the well-known data sets are looked for, and which of them are there. */
public final class DataFolders {
  /** The folders' names, one per data set. */
  public static final List<String> NAMES = List.of("mnist", "fashion-mnist", "cifar-10");

  /**
   * A data set on disk. That its folder is there and not empty says nothing yet about its files.
   */
  public record Found(String name, Path folder) {}

  private DataFolders() {}

  /** Folders in the order in which they are searched; the first that has a data set wins. */
  public static List<Path> candidates(@Nullable Path dataDir) {
    if (dataDir != null) {
      return List.of(dataDir.toAbsolutePath().normalize());
    }
    Set<Path> folders = new LinkedHashSet<>();
    String variable = System.getenv("HEADROOM_DATA");
    if (variable != null && !variable.isBlank()) {
      folders.add(Path.of(variable));
    }
    folders.add(Path.of("data"));
    folders.add(Path.of("../shared/datasets"));
    String checkout = System.getProperty("headroom.root");
    if (checkout != null) {
      folders.add(Path.of(checkout, "data"));
      folders.add(Path.of(checkout, "../shared/datasets"));
    }
    folders.add(Path.of(System.getProperty("user.home", "."), ".headroom", "data"));
    folders.add(Path.of("/usr/share/datasets"));
    return folders.stream().map(f -> f.toAbsolutePath().normalize()).distinct().toList();
  }

  /** The data sets whose folders are there, in the order of {@link #NAMES}. */
  public static List<Found> find(@Nullable Path dataDir) {
    List<Found> found = new ArrayList<>();
    for (String name : NAMES) {
      candidates(dataDir).stream()
          .map(folder -> folder.resolve(name))
          .filter(DataFolders::hasFiles)
          .findFirst()
          .ifPresent(folder -> found.add(new Found(name, folder)));
    }
    return found;
  }

  private static boolean hasFiles(Path folder) {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
