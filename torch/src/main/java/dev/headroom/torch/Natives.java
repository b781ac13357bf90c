package dev.headroom.torch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/** Brings libtorch into the process. */
public final class Natives {
  /** The one platform on which all of it was tried. */
  private static final String TRIED = "linux-x86_64";

  private static final AtomicBoolean BEGUN = new AtomicBoolean();
  private static volatile boolean endsQuickly;
  private static boolean loaded;

  private Natives() {}

  /**
   * What is there, found out without loading anything.
   *
   * @param platform operating system and processor, as JavaCPP names them
   * @param present whether libtorch for this platform is on the class path
   * @param version version of the binding, which names PyTorch's
   */
  public record Status(String platform, boolean present, String version) {
    /** Whether training was ever tried on this platform. */
    public boolean tried() {
      return platform.equals(TRIED);
    }

    /**
     * Whether C++ objects are laid out as on Linux (the Itanium ABI), which what is built by hand
     * for libtorch follows, the recorder of allocations above all. Microsoft's compiler does it in
     * another way.
     */
    boolean isItanium() {
      return !platform.startsWith("windows");
    }
  }

  /** Looks for libtorch. */
  public static Status status() {
    String platform = Loader.getPlatform();
    return new Status(
        platform,
        Natives.class.getResource("/org/bytedeco/pytorch/" + platform + "/") != null
            || Natives.class.getResource(
                    "/org/bytedeco/pytorch/" + platform + "/" + System.mapLibraryName("jnitorch"))
                != null,
        version());
  }

  private static String version() {
    Package bindings = torch.class.getPackage();
    String version = bindings == null ? null : bindings.getImplementationVersion();
    return version == null ? "2.10.0" : version;
  }

  /**
   * Begins to load on a thread of its own, so that the caller can read data meanwhile. Whether it
   * worked is told by {@link #load}. Only the first call does anything.
   */
  public static void loadAhead() {
    if (BEGUN.getAndSet(true)) {
      return;
    }
    Thread.ofPlatform()
        .name("headroom-natives")
        .daemon()
        .start(
            () -> {
              try {
                load();
                if (endsQuickly) {
                  QuickEnd.arrange();
                }
              } catch (EngineUnavailableException e) {
                // The next load() fails the same way, on the thread that wants to know.
                return;
              }
            });
  }

  /**
   * Extracts and loads libtorch once. The first load into an empty cache crashes the JVM unless
   * every library was extracted before, and two processes must not extract at once.
   *
   * @throws EngineUnavailableException on a platform without natives, or if they cannot be loaded
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    try {
      Waiting.asleep();
      Path cache = Loader.getCacheDir().toPath();
      KnownLibraries known = KnownLibraries.in(cache, version());
      if (!known.load()) {
        search();
        known.remember();
      }
      Heap.keep();
      loaded = true;
    } catch (IOException | LinkageError | RuntimeException e) {
      throw new EngineUnavailableException(
          "libtorch could not be loaded: "
              + TorchException.reason(e)
              + ". It is unpacked once into JavaCPP's cache (about 450 MB); check that the folder can"
              + " be written and that the disk is not full.",
          e);
    }
  }

  private static void search() throws IOException {
    Status status = status();
    if (!status.present()) {
      throw new EngineUnavailableException(
          "libtorch for "
              + status.platform()
              + " is not here. Training needs it, and was tried on Linux x86-64 alone; plans work"
              + " everywhere.");
    }
    unpack(
        "openblas/" + status.platform(),
        "pytorch/" + status.platform(),
        "javacpp/" + status.platform());
    Loader.load(torch.class);
  }

  /** Whether {@link #load} has worked. */
  static synchronized boolean isLoaded() {
    return loaded;
  }

  /** Unpacks whole folders of libraries into JavaCPP's cache, where that was not done before. */
  static void unpack(String... folders) throws IOException {
    Path cache = Loader.getCacheDir().toPath();
    Files.createDirectories(cache);
    try (FileChannel channel =
            FileChannel.open(
                cache.resolve("headroom.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (lock.isValid()) {
        for (String folder : folders) {
          Loader.cacheResources("/org/bytedeco/" + folder + "/");
        }
      }
    }
  }

  /**
   * For a process of one's own, before {@link #loadAhead}: it will end without what libtorch would
   * take down, since the memory goes back with the process.
   */
  public static void endQuickly() {
    endsQuickly = true;
  }
}
