package dev.headroom.engine;

/**
 * What executes the calls: rules ask it where libtorch's choice depends on it.
 *
 * @param kind CPU or CUDA
 * @param onednn whether oneDNN may be used ({@code torch.backends.mkldnn.enabled}); CPU only
 * @param onednnBf16 whether the processor lets oneDNN compute in bfloat16 (AVX-512 or AMX); CPU
 *     only
 * @param threads threads of one operator; a few kernels keep a buffer for each
 * @param computeCapability of the GPU, 80 for 8.0; CUDA only
 * @param blasWorkspace bytes that each thread's cuBLAS handle keeps from its first product on; CUDA
 *     only
 * @param blasLtWorkspace bytes that a product with bias takes for a moment, 0 where cuBLASLt uses
 *     the handle's workspace (PyTorch's default since 2.7); CUDA only
 * @param libraryWorkspaces whether what cuDNN takes for itself is taken to be as large as it may
 *     be: for a convolution a workspace in which input, weight and output are laid out anew, for a
 *     recurrent layer what it keeps of each step for backward; rules cannot know; CUDA only
 */
public record Backend(
    Kind kind,
    boolean onednn,
    boolean onednnBf16,
    int threads,
    int computeCapability,
    long blasWorkspace,
    long blasLtWorkspace,
    boolean libraryWorkspaces) {
  /** Which of PyTorch's backends. */
  public enum Kind {
    CPU,
    CUDA
  }

  public Backend {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", expected at least 1");
    }
  }

  /** One thread, oneDNN on, no bfloat16 units: the machine that the shared oracle ran on. */
  public static Backend cpu() {
    return new Backend(Kind.CPU, true, false, 1, 0, 0, 0, false);
  }

  /** A GPU; see {@link dev.headroom.device.Device#backend}. */
  public static Backend cuda(int computeCapability, long blasWorkspace, long blasLtWorkspace) {
    return new Backend(
        Kind.CUDA, false, false, 1, computeCapability, blasWorkspace, blasLtWorkspace, false);
  }

  /** The same with oneDNN on or off. */
  public Backend withOnednn(boolean on) {
    return copy(on, onednnBf16, threads, libraryWorkspaces);
  }

  /** The same on a processor with or without bfloat16 units. */
  public Backend withOnednnBf16(boolean has) {
    return copy(onednn, has, threads, libraryWorkspaces);
  }

  /** The same with another number of threads. */
  public Backend withThreads(int n) {
    return copy(onednn, onednnBf16, n, libraryWorkspaces);
  }

  /** The same with or without {@link #libraryWorkspaces}. */
  public Backend withLibraryWorkspaces(boolean taken) {
    return copy(onednn, onednnBf16, threads, taken);
  }

  private Backend copy(boolean newOnednn, boolean bf16, int newThreads, boolean workspaces) {
    return new Backend(
        kind,
        newOnednn,
        bf16,
        newThreads,
        computeCapability,
        blasWorkspace,
        blasLtWorkspace,
        workspaces);
  }

  /** Whether kernels run on a GPU. */
  public boolean isCuda() {
    return kind == Kind.CUDA;
  }
}
