package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.ledger.Category;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dropout goes on with the same masks after its random state went through a file. */
class RandomStateTest {
  @Test
  void dropoutDrawsTheSameMasks(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("random.safetensors");
    try (TorchEngine engine = new TorchEngine(1, 5)) {
      mask(engine);
      try (Tensor state = RandomState.get()) {
        assertThat(engine.type(state).dtype()).isEqualTo(DType.UINT8);
        Safetensors.write(file, Map.of("random", state), Map.of("a", "b \"ä\""), engine);
      }
      List<float[]> masks = List.of(mask(engine), mask(engine));
      TensorFile read = TensorFile.open(file);
      assertThat(read.metadata()).containsEntry("a", "b \"ä\"");
      try (Tensor state = RandomState.get()) {
        read.read(Map.of("random", state));
        RandomState.set(state);
      }
      assertThat(mask(engine)).containsExactly(masks.get(0)).isNotEqualTo(masks.get(1));
      assertThat(mask(engine)).containsExactly(masks.get(1));
    }
  }

  private static float[] mask(TorchEngine engine) {
    Tensor x = engine.empty(TensorType.of(DType.FLOAT32, 1000L), Category.INPUT);
    engine.call("aten.fill_.Scalar", x, 1.0).forEach(engine::release);
    Tensor y = engine.call("aten.dropout.default", x, 0.5, true).getFirst();
    float[] values = Values.floats(y);
    engine.release(x);
    engine.release(y);
    return values;
  }
}
