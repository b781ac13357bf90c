package dev.headroom.torch;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * libtorch's build for CUDA, which is another set of libraries than the CPU's: a process has one or
 * the other. Linux x86-64 only. Loading it, and its refusal where there is no driver or no GPU, was
 * tried; what comes after that was written against its API without a GPU at hand.
 */
public final class Cuda {
  private static final String PLATFORM = "linux-x86_64";

  /** What JavaCPP appends to the platform's name to find that build. */
  private static final String EXTENSION = "-gpu";

  private static final String EXTENSION_SWITCH = "org.bytedeco.javacpp.platform.extension";
  private static final String FOLDER = "/org/bytedeco/pytorch/" + PLATFORM + EXTENSION + "/";

  private static boolean loaded;

  private Cuda() {}

  /**
   * Looks whether that build is on the class path, without loading anything.
   *
   * @throws EngineUnavailableException saying how to get it
   */
  public static void requireBuild() {
    if (!Loader.getPlatform().equals(PLATFORM)) {
      throw new EngineUnavailableException(
          "training on CUDA was written for Linux x86-64 alone, not for " + Loader.getPlatform());
    }
    if (Cuda.class.getResource(FOLDER + "libjnitorch_cuda.so") == null) {
      throw new EngineUnavailableException(
          "this build has libtorch for the CPU alone. Build with mvn -Pcuda -DskipTests package for"
              + " CUDA (0.5 GB more; it needs NVIDIA's driver, CUDA 13 and cuDNN 9)");
    }
  }

  /**
   * Unpacks it into JavaCPP's cache where that was not done before, 0.9 GB: a minute on a slow
   * disk.
   *
   * @throws EngineUnavailableException if it is not there or cannot be unpacked
   */
  public static void prepare() {
    requireBuild();
    try {
      unpack();
    } catch (IOException e) {
      throw new EngineUnavailableException(
          "libtorch for CUDA could not be unpacked: " + e.getMessage(), e);
    }
  }

  private static void unpack() throws IOException {
    Natives.unpack(
        "openblas/" + PLATFORM,
        "pytorch/" + PLATFORM + EXTENSION,
        "javacpp/" + PLATFORM,
        "cuda/" + PLATFORM);
  }

  /**
   * Loads it once, and makes sure that there is a GPU.
   *
   * @throws EngineUnavailableException if any of it is missing
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    requireBuild();
    if (Natives.isLoaded()) {
      throw new EngineUnavailableException("this process has loaded libtorch for the CPU already");
    }
    System.setProperty(EXTENSION_SWITCH, EXTENSION);
    try {
      Waiting.asleep();
      unpack();
      Loader.load(torch.class);
      Loader.load(torch_cuda.class);
    } catch (IOException | LinkageError | RuntimeException e) {
      throw new EngineUnavailableException(
          "libtorch for CUDA could not be loaded: "
              + reason(e)
              + ". It needs NVIDIA's driver, CUDA 13 and cuDNN 9 where the system looks for"
              + " libraries (LD_LIBRARY_PATH)",
          e);
    }
    try {
      // Unlike is_available(), it says why there is none.
      torch_cuda.device_count_ensure_non_zero();
      torch.globalContext().lazyInitCUDA();
    } catch (RuntimeException e) {
      throw new EngineUnavailableException("no GPU can be used: " + TorchException.reason(e), e);
    }
    loaded = true;
  }

  /** The innermost cause names the library that is missing. */
  private static String reason(Throwable e) {
    Throwable t = e;
    while (t.getCause() != null) {
      t = t.getCause();
    }
    String message = TorchException.reason(t);
    // "PATH/libjnicudart.so: libcuda.so.1: cannot open shared object file: ..."
    int library = message.indexOf(".so: ");
    return library < 0 ? message : message.substring(library + ".so: ".length());
  }
}
