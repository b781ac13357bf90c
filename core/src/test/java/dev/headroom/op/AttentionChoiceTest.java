package dev.headroom.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernel that PyTorch's dispatcher picks for an attention on CUDA. */
class AttentionChoiceTest {
  static List<String> rows() throws Exception {
    Path csv = Path.of(AttentionChoiceTest.class.getResource("/oracle/sdpa_choice.csv").toURI());
    List<String> lines = Files.readAllLines(csv);
    return lines.subList(1, lines.size());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isTheOneThatPyTorchPicked(String row) {
    String[] cells = row.split(",", 6);
    int capability = Integer.parseInt(cells[0]);
    PaperEngine engine = new PaperEngine(new LedgerWriter(), Backend.cuda(capability, 0, 0));
    DType dtype = DType.valueOf(cells[1].toUpperCase(Locale.ROOT));
    TensorType type = TensorType.of(dtype, 2, 4, 128, Long.parseLong(cells[2]));
    PaperTensor query = leaf(engine, type);
    boolean causal = cells[4].equals("causal");
    PaperTensor mask = causal ? null : engine.empty(TensorType.of(dtype, 128, 128), Category.INPUT);
    AttentionKernel chosen =
        AttentionKernel.choose(
            capability, query, query, query, mask, Double.parseDouble(cells[3]), causal);
    String expected = cells[5].replace("\"", "");
    assertThat(
            switch (chosen) {
              case FLASH -> "ScaledDotProductFlashAttentionBackward0";
              case EFFICIENT -> "ScaledDotProductEfficientAttentionBackward0";
              case MATH -> "math (composite: bmm, softmax)";
            })
        .isEqualTo(expected);
  }

  private static PaperTensor leaf(PaperEngine engine, TensorType type) {
    PaperTensor leaf = engine.empty(type, Category.INPUT);
    engine.requireGrad(leaf);
    return leaf;
  }

  @Test
  void everyRowIsHere() throws Exception {
    assertThat(rows()).hasSize(72);
  }
}
