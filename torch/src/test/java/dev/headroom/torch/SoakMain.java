package dev.headroom.torch;

import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Mlp;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains in a process of its own, whose Java heap is all there from the start: what grows there has
 * leaked. Prints a line after every tenth of the steps: step, resident bytes, live native handles.
 */
final class SoakMain {
  private SoakMain() {}

  public static void main(String[] args) throws IOException {
    int steps = Integer.parseInt(args[0]);
    SplittableRandom random = new SplittableRandom(1);
    TorchEngine engine = new TorchEngine(1, 1);
    try (TrainingLoop<Tensor> loop =
        new TrainingLoop<>(
            engine,
            Mlp.build(784, List.of(128), 10),
            Recipe.of(Optimizer.ADAM),
            (in, t) -> Values.initialize(in.init(), t, random))) {
      engine.stopRecording();
      for (int step = 1; step <= steps; step++) {
        loop.iterate(16, SoakMain::zeros);
        if (step % (steps / 10) == 0) {
          System.gc();
          System.out.println(
              step + " " + ProcessMemory.residentBytes() + " " + engine.liveHandles());
        }
      }
    }
    engine.close();
    System.out.println("closed 0 " + engine.liveHandles());
  }

  private static void zeros(List<Tensor> x, Tensor y) {
    Values.memory(x.getFirst()).fill((byte) 0);
    Values.memory(y).fill((byte) 0);
  }
}
