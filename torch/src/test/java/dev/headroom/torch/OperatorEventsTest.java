package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.Backend;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.paper.PaperEngine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Single operators and small compositions: the rules on paper against real libtorch. */
class OperatorEventsTest {
  static Stream<Script> scripts() throws Exception {
    try (var in = OperatorEventsTest.class.getResourceAsStream("/operators.txt")) {
      return Script.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)).stream();
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void everyEventInOrder(Script script) {
    boolean onednn = !script.name().endsWith("onednn off");
    LedgerWriter paper = new LedgerWriter();
    script.run(new PaperEngine(paper, Backend.cpu().withOnednn(onednn)), t -> {});
    Ledger measured;
    try (TorchEngine engine = new TorchEngine(1, 1)) {
      torch.globalContext().setUserEnabledMkldnn(onednn);
      script.run(engine, OperatorEventsTest::zero);
      assertThat(engine.liveHandles()).isZero();
      measured = engine.recorded().ledger();
    } finally {
      torch.globalContext().setUserEnabledMkldnn(true);
    }
    assertThat(events(paper.ledger())).isEqualTo(events(measured));
  }

  private static void zero(Tensor tensor) {
    Values.memory(tensor).fill((byte) 0);
  }

  static List<String> events(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      out.add(ledger.span(i).phase() + " " + ledger.delta(i));
    }
    return out;
  }
}
