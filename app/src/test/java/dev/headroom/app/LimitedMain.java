package dev.headroom.app;

import dev.headroom.torch.ProcessMemory;

/** Runs a command line once to warm up, then limits the process's memory and runs the real one. */
final class LimitedMain {
  private LimitedMain() {}

  public static void main(String[] args) throws Exception {
    Run warm = Run.line("train mlp --batch 500 --quiet");
    if (warm.exit() != Exit.OK) {
      throw new IllegalStateException(warm.err());
    }
    System.gc();
    ProcessMemory.limitData(ProcessMemory.dataBytes() + Long.parseLong(args[0]));
    String[] words = java.util.Arrays.copyOfRange(args, 1, args.length);
    Exit exit = Main.run(words, System.out, System.err);
    System.out.flush();
    Runtime.getRuntime().halt(exit.code());
  }
}
