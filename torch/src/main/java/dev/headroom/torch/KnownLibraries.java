package dev.headroom.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;

/**
 * The libraries that JavaCPP found the last time, loaded again without its search. JavaCPP looks
 * for every library under many names in every jar and in the JDK, in each process anew, which takes
 * as long as loading them. On Linux, where the libraries find each other by themselves; a list that
 * no longer fits what is on disk is not used.
 */
final class KnownLibraries {
  /** Each after what it needs; names as JavaCPP has them, without the version behind the @. */
  private static final List<String> ORDER =
      List.of(
          "jnijavacpp",
          "gomp",
          "quadmath",
          "gfortran",
          "openblas",
          "c10",
          "torch_cpu",
          "torch",
          "jnitorch");

  /** JavaCPP's switch: its classes load nothing by themselves where this is false. */
  private static final String SWITCH = "org.bytedeco.javacpp.loadLibraries";

  private final Path list;

  private KnownLibraries(Path list) {
    this.list = list;
  }

  /**
   * The list for one version of the bindings.
   *
   * @param cache where JavaCPP unpacks libraries
   * @param version version of the bindings, which names the files' versions too
   */
  static KnownLibraries in(Path cache, String version) {
    return new KnownLibraries(cache.resolve("headroom-" + version + ".libraries"));
  }

  /** Loads them all; false if there is no list that fits, and nothing has changed then. */
  @SuppressWarnings("restricted") // the same files that JavaCPP would load
  boolean load() {
    List<String> paths;
    try {
      paths = read();
    } catch (IOException e) {
      return false;
    }
    String before = System.setProperty(SWITCH, "false");
    try {
      // Not paths.forEach(System::load): the libraries belong to the class loader of the caller.
      for (String path : paths) {
        System.load(path);
      }
      return true;
    } catch (UnsatisfiedLinkError e) {
      System.setProperty(SWITCH, before == null ? "true" : before);
      return false;
    }
  }

  /** The paths, if every file is still what it was when the list was written. */
  private List<String> read() throws IOException {
    List<String> paths = new ArrayList<>();
    for (String line : Files.readAllLines(list)) {
      String path = line.substring(line.lastIndexOf('\t') + 1);
      if (!line.equals(line(Path.of(path)))) {
        throw new IOException(path + " has changed");
      }
      paths.add(path);
    }
    if (paths.size() != ORDER.size()) {
      throw new IOException(list + " is not whole");
    }
    return paths;
  }

  /** Writes down what JavaCPP has loaded in this process, if all that is needed is among it. */
  void remember() {
    if (!Loader.getPlatform().startsWith("linux")) {
      return;
    }
    try {
      List<String> lines = new ArrayList<>();
      for (String name : ORDER) {
        for (Map.Entry<String, String> loaded : Loader.getLoadedLibraries().entrySet()) {
          if (name.equals(loaded.getKey().replaceFirst("@.*", ""))) {
            lines.add(line(Path.of(loaded.getValue())));
          }
        }
      }
      if (lines.size() == ORDER.size()) {
        Path part = Files.createTempFile(list.getParent(), "headroom", ".part");
        try {
          Files.write(part, lines);
          Files.move(part, list, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          Files.deleteIfExists(part);
        }
      }
    } catch (IOException e) {
      // The next start is no faster, and that is all.
      return;
    }
  }

  private static String line(Path file) throws IOException {
    return Files.size(file) + "\t" + Files.getLastModifiedTime(file).toMillis() + "\t" + file;
  }
}
