package dev.headroom.paper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Timeline;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Autocast's lists against what PyTorch 2.10 registers, and what it makes of norms on CUDA. */
class CastPolicyTest {
  private static final Backend CUDA = Backend.cuda(80, 0, 0);

  private static List<String> registered() throws Exception {
    try (var in = CastPolicyTest.class.getResourceAsStream("/oracle/autocast.csv")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList();
    }
  }

  @Test
  void everyOperatorThatIsRegisteredHasAPolicyAndNoOther() throws Exception {
    List<String> lines = registered();
    assertThat(lines).hasSizeGreaterThan(200);
    for (String key : List.of("AutocastCPU", "AutocastCUDA")) {
      Backend backend = key.endsWith("CPU") ? Backend.cpu() : CUDA;
      List<String> names =
          lines.stream().filter(l -> l.startsWith(key + ",")).map(l -> l.split(",")[1]).toList();
      assertThat(names).noneMatch(n -> CastPolicy.of(n, backend) == CastPolicy.NONE);
      // An overload that is composed of one that is registered stands for it.
      assertThat(CastPolicy.named(backend))
          .allSatisfy(
              n ->
                  assertThat(names.contains(n) || n.endsWith(".vec") || COMPOSED.contains(n))
                      .as(n)
                      .isTrue());
    }
  }

  private static final List<String> COMPOSED =
      List.of(
          "aten.conv1d.padding",
          "aten.conv2d.padding",
          "aten.conv3d.padding",
          "aten.gru.input",
          "aten.lstm.input");

  /** Recorded with fake tensors: a norm of (6, 8) in bfloat16 is float32, and keeps bfloat16. */
  @ParameterizedTest
  @CsvSource({
    "aten.linalg_vector_norm.default, 24",
    "aten.norm.ScalarOpt_dim, 24",
    "aten.norm.Scalar, 4"
  })
  void normsReadHalfPrecisionAsItIs(String op, long resultBytes) {
    LedgerWriter writer = new LedgerWriter();
    PaperEngine engine = new PaperEngine(writer, CUDA);
    PaperTensor leaf = engine.empty(TensorType.of(DType.BFLOAT16, 6, 8), Category.PARAMETER);
    engine.requireGrad(leaf);
    PaperTensor x = engine.call("aten.clone.default", leaf).getFirst();
    engine.setAutocast(DType.BFLOAT16);
    PaperTensor norm =
        resultBytes == 4
            ? engine.call(op, x, 2.0).getFirst()
            : engine.call(op, x, 2.0, List.of(1L), false).getFirst();
    engine.setAutocast(null);
    assertThat(norm.type().dtype()).isEqualTo(DType.FLOAT32);
    assertThat(new Timeline(writer.ledger()).bytes(Category.ACTIVATION))
        .isEqualTo(96 + resultBytes);
  }
}
