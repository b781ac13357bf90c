package dev.headroom.app.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.data.Batch;
import dev.headroom.data.BatchSource;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageSet;
import dev.headroom.data.Normalize;
import dev.headroom.graph.Graph;
import dev.headroom.graph.GraphBuilder;
import dev.headroom.loop.TrainingLoop;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Measuring gradient noise changes nothing of the training that it looks at. */
class ProbesLeaveTrainingAloneTest {
  /** With what a forward pass changes: running statistics and the random state. */
  private static Graph network() {
    GraphBuilder g = new GraphBuilder("noisy");
    String x = g.batchNorm2d("norm", g.input(DType.FLOAT32, 1, 28, 28), 1);
    x = g.linear("in", g.flatten("flatten", x), 784, 32);
    x = g.dropout("drop", g.relu("act", x), 0.3);
    return g.build(g.linear("head", x, 32, 10));
  }

  @Test
  void weightsAndStatisticsAreTheSameBitForBit() throws IOException {
    List<byte[]> alone = train(0);
    assertThat(train(1)).containsExactlyElementsOf(alone);
    assertThat(train(3)).containsExactlyElementsOf(alone);
  }

  private static List<byte[]> train(int probes) throws IOException {
    ImageSet images = Datasets.open("digits", Path.of(""), Datasets.Split.TEST);
    Normalize normalize = Normalize.of(images.format());
    try (TorchEngine engine = new TorchEngine(1, 7);
        NoiseObserver noise = new NoiseObserver(images, 32, 32, 0, 7);
        BatchSource source = BatchSource.shuffled(images, normalize, 32, 7, 1)) {
      SplittableRandom random = new SplittableRandom(7);
      try (TrainingLoop<Tensor> loop =
          new TrainingLoop<>(
              engine,
              network(),
              Recipe.of(Optimizer.ADAM),
              (in, t) -> Values.initialize(in.init(), t, random))) {
        noise.begin(loop, engine);
        for (int step = 0; step < 6; step++) {
          Batch batch = source.next();
          loop.iterate(
              batch.size(),
              (x, y) -> {
                Values.copy(batch.images(), x.getFirst());
                Values.copy(batch.labels(), y);
              });
          source.recycle(batch);
          if (probes > 0) {
            noise.probe(1 + probes);
          }
        }
        List<byte[]> state = new ArrayList<>();
        loop.state()
            .values()
            .forEach(t -> state.add(Values.memory(t).toArray(ValueLayout.JAVA_BYTE)));
        return state;
      }
    }
  }
}
