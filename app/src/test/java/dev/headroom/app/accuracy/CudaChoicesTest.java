package dev.headroom.app.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.accuracy.CudaChoices.Attention;
import dev.headroom.app.accuracy.CudaChoices.Count;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the accuracy report says of kernels that PyTorch chose. */
class CudaChoicesTest {
  private static List<Attention> attentions() throws Exception {
    return CudaChoices.attentions(
        Path.of("../core/src/test/resources/oracle", CudaChoices.ATTENTIONS));
  }

  @Test
  void everyAttentionHasTheKernelThatPyTorchPicked() throws Exception {
    List<Attention> all = attentions();
    assertThat(all).hasSize(72);
    for (Attention attention : all) {
      assertThat(attention.written()).as("%s", attention).isEqualTo(attention.picked());
    }
    assertThat(CudaChoices.same(all)).isEqualTo(72);
  }

  @Test
  void anotherPickIsCountedAsADifference() throws Exception {
    List<Attention> all = new ArrayList<>(attentions());
    Attention a = all.getFirst();
    all.set(
        0,
        new Attention(
            a.capability(), a.dtype(), a.width(), a.dropout(), a.causal(), "something else"));
    assertThat(CudaChoices.same(all)).isEqualTo(71);
  }

  @Test
  void normsDropoutsAndAttentionsOfWholeNetworksGoWherePyTorchWent() throws Exception {
    CudaChoices choices = new CudaChoices();
    Path folder = Path.of(CudaChoicesTest.class.getResource("/cuda_fake").toURI());
    for (String name :
        List.of(
            "smallcnn-b32-adam",
            "gpt_untied-b4-adam",
            "gpt_untied_ckpt-b4-adam",
            "gpt_untied-b4-adam-bf16autocast",
            "resnet50_224-b2-adam-bf16autocast")) {
      OracleCase c = OracleCase.read(folder, name);
      choices.add(c, c.predicted());
    }
    // As often as the recordings' node_counts say.
    assertThat(choices.counts())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "CudnnBatchNormBackward0", new Count(1, 1, 2),
                "NativeBatchNormBackward0", new Count(1, 1, 53),
                "NativeDropoutBackward0", new Count(1, 1, 2),
                "ScaledDotProductFlashAttentionBackward0", new Count(1, 1, 4),
                "ScaledDotProductEfficientAttentionBackward0", new Count(2, 2, 8)));
  }

  @Test
  void aCaseWhereOneSideChoseItMoreOftenIsNotEqual() {
    Count count = Count.NONE.plus(2, 2).plus(0, 0).plus(3, 2).plus(0, 1);
    assertThat(count).isEqualTo(new Count(3, 1, 5));
  }
}
