package dev.headroom.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Built-in networks against what torch.export records of torchvision's: node for node. */
class ExportedGraphTest {
  private static final String TORCHVISION =
      """
      resnet18 resnet34 resnet50 resnet101 resnet152
      vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn
      mobilenet_v2
      vit_b_16 vit_b_32 vit_l_16 vit_l_32
      convnext_tiny convnext_small convnext_base convnext_large
      """;

  record Case(String exported, String name, Options options) {
    @Override
    public String toString() {
      return exported;
    }

    Graph build() {
      return Zoo.build(name, options);
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("lenet5", "lenet", Options.none()));
    cases.add(new Case("smallcnn", "cnn", Options.none()));
    cases.add(new Case("gpt_untied", "gpt", Options.none()));
    cases.add(new Case("gpt_tied", "gpt", Options.none().with("tied", 1)));
    cases.add(new Case("lstm_classifier", "lstm", Options.none()));
    Options small = Options.none().sample(List.of(3L, 64L, 64L)).classes(10);
    cases.add(new Case("vit_b_16_64px", "vit_b_16", small));
    for (String name : TORCHVISION.split("\\s+")) {
      cases.add(new Case(name, name, Options.none()));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameParametersBuffersAndInputs(Case c) throws Exception {
    assertThat(new Written(c.build()).inputs()).isEqualTo(Exported.load(c.exported()).inputs());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameNodes(Case c) throws Exception {
    List<String> expected = Exported.load(c.exported()).nodes();
    assertThat(expected).hasSizeGreaterThan(7);
    assertThat(new Written(c.build()).nodes()).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameStateDict(Case c) throws Exception {
    List<String> expected = Exported.initialValues(c.exported()).stream().map(r -> r[0]).toList();
    List<String> actual =
        c.build().inputs().stream()
            .filter(i -> i.kind() != Input.Kind.USER)
            .map(Input::path)
            .toList();
    assertThat(actual).containsExactlyInAnyOrderElementsOf(expected);
  }
}
