package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.graph.Graph;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Mlp;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many steps: no handle and no byte more at the end than at the beginning. */
class SoakTest {
  private static final int WARM_UP = 2_000;

  @Test
  void fiveThousandSteps() throws Exception {
    train(5_000, Long.MAX_VALUE);
  }

  @Test
  @Tag("soak")
  void twoHundredThousandSteps() throws Exception {
    train(200_000, 48L << 20);
  }

  private static void train(int steps, long growthBytes) throws IOException {
    Assumptions.assumeTrue(
        ProcessMemory.available(), "skipped: the process's memory is read from /proc");
    Graph graph = Mlp.build(784, List.of(128), 10);
    SplittableRandom random = new SplittableRandom(1);
    long handles = 0;
    long resident = 0;
    TorchEngine engine = new TorchEngine(1, 1);
    try (TrainingLoop<Tensor> loop =
        new TrainingLoop<>(
            engine,
            graph,
            Recipe.of(Optimizer.ADAM),
            (in, t) -> Values.initialize(in.init(), t, random))) {
      engine.stopRecording();
      for (int step = 1; step <= steps; step++) {
        loop.iterate(16, SoakTest::zeros);
        if (step == WARM_UP) {
          System.gc();
          handles = engine.liveHandles();
          resident = ProcessMemory.residentBytes();
        } else if (step > WARM_UP && step % 1_000 == 0) {
          assertThat(engine.liveHandles())
              .as("live handles after %d steps", step)
              .isEqualTo(handles);
        }
      }
      System.gc();
      assertThat(ProcessMemory.residentBytes() - resident).isLessThan(growthBytes);
      assertThat(loop.steps()).isEqualTo(steps);
    }
    engine.close();
    assertThat(engine.liveHandles()).isZero();
  }

  private static void zeros(Tensor x, Tensor y) {
    Values.memory(x).fill((byte) 0);
    Values.memory(y).fill((byte) 0);
  }
}
