package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;

import dev.headroom.engine.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent layers without oneDNN. */
class RecurrentEqualsLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    long input = 3;
    long hidden = 4;
    for (int layers = 1; layers <= 2; layers++) {
      for (boolean both : new boolean[] {false, true}) {
        for (boolean first : new boolean[] {false, true}) {
          for (String kind : List.of("gru", "lstm", "rnn_tanh", "rnn_relu")) {
            long gates = kind.equals("gru") ? 3 : kind.equals("lstm") ? 4 : 1;
            long directions = both ? 2 : 1;
            List<Object> weights = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
              for (int d = 0; d < directions; d++) {
                weights.add(f(gates * hidden, layer == 0 ? input : hidden * directions));
                weights.add(f(gates * hidden, hidden));
                weights.add(f(gates * hidden));
                weights.add(f(gates * hidden));
              }
            }
            Sample state = f(layers * directions, 2, hidden).noGrad();
            out.add(
                OpCase.of(
                    "aten." + kind + ".input",
                    first ? f(2, 5, input) : f(5, 2, input),
                    kind.equals("lstm") ? List.of(state, state) : state,
                    weights,
                    true,
                    (long) layers,
                    0.0,
                    true,
                    both,
                    first));
          }
        }
      }
    }
    return out.stream();
  }

  /** LSTMs whose state is projected. */
  static Stream<OpCase> projected() {
    List<OpCase> out = new ArrayList<>();
    for (int layers = 1; layers <= 2; layers++) {
      for (boolean both : new boolean[] {false, true}) {
        for (boolean biases : new boolean[] {false, true}) {
          int directions = both ? 2 : 1;
          List<Object> weights = new ArrayList<>();
          for (int i = 0; i < layers * directions; i++) {
            weights.add(f(20, i < directions ? 8 : 3 * directions));
            weights.add(f(20, 3));
            if (biases) {
              weights.add(f(20));
              weights.add(f(20));
            }
            weights.add(f(3, 5));
          }
          long states = (long) layers * directions;
          out.add(
              OpCase.of(
                  "aten.lstm.input",
                  f(4, 6, 8),
                  List.of(f(states, 4, 3), f(states, 4, 5)),
                  weights,
                  biases,
                  (long) layers,
                  0.0,
                  true,
                  both,
                  true));
        }
      }
    }
    return out.stream();
  }

  @ParameterizedTest
  @MethodSource("projected")
  void oneDnnHasNoProjections(OpCase c) {
    Differential.check(c, Backend.cpu().withOnednn(true));
    Differential.check(c, Backend.cpu().withOnednn(false));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void withoutOnednn(OpCase c) {
    Differential.check(c, Backend.cpu().withOnednn(false));
  }
}
