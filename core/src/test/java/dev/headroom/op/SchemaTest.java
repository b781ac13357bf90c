package dev.headroom.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.graph.Argument;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SchemaTest {
  private static final Schema CONV =
      Schema.parse(
          "conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2]"
              + " padding=0, SymInt[2] dilation=1, SymInt groups=1) -> Tensor");

  @Test
  void readsNamesTypesAndDefaults() {
    assertThat(CONV.op()).isEqualTo("aten.conv2d.default");
    assertThat(CONV.parameters())
        .extracting(Schema.Parameter::name)
        .containsExactly("input", "weight", "bias", "stride", "padding", "dilation", "groups");
    assertThat(CONV.parameters().get(2))
        .isEqualTo(new Schema.Parameter("bias", "Tensor?", false, null));
    assertThat(CONV.parameters().get(3).defaultArgument()).isEqualTo(Argument.ints(1, 1));
    Schema norm =
        Schema.parse(
            "foo_.Scalar(Tensor(a!) self, *, float eps=1e-05, bool train=True, int[2] pad=[0,1],"
                + " int reduction=Mean)");
    assertThat(norm.op()).isEqualTo("aten.foo_.Scalar");
    assertThat(norm.parameters())
        .containsExactly(
            new Schema.Parameter("self", "Tensor", true, null),
            new Schema.Parameter("eps", "float", false, 1e-05),
            new Schema.Parameter("train", "bool", false, true),
            new Schema.Parameter("pad", "int[2]", false, List.of(0L, 1L)),
            new Schema.Parameter("reduction", "int", false, 1L));
  }

  @Test
  void placesKeywordsAndFillsTheGapsWithDefaults() {
    List<Argument> tensors = List.of(new Argument.OfTensor("x"), new Argument.OfTensor("w"));
    assertThat(CONV.place(tensors, Map.of("padding", Argument.ints(2, 2))))
        .containsExactly(
            new Argument.OfTensor("x"),
            new Argument.OfTensor("w"),
            new Argument.OfNone(),
            Argument.ints(1, 1),
            Argument.ints(2, 2));
    assertThatThrownBy(() -> CONV.place(tensors, Map.of("kernel", Argument.ints(2))))
        .hasMessage("aten.conv2d.default has no argument 'kernel'");
    assertThatThrownBy(() -> CONV.place(List.of(new Argument.OfTensor("x")), Map.of()))
        .hasMessage("aten.conv2d.default is not given its argument 'weight'");
  }

  @Test
  void everyRuleHasASignatureThatParses() {
    assertThat(Operators.supported())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            op -> {
              Schema schema = Operators.schema(op);
              assertThat(schema).isNotNull();
              assertThat(schema.op()).isEqualTo(op);
            });
    assertThat(Operators.schema("aten.no_such.default")).isNull();
  }
}
