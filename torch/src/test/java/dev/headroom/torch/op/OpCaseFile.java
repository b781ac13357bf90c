package dev.headroom.torch.op;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.headroom.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes the calls that the tests of this package hold against libtorch's CPU, so that a Python
 * peer can record the same calls on CUDA ({@code app/src/test/python/record_cuda_operators.py}).
 */
final class OpCaseFile {
  private OpCaseFile() {}

  /** Every call, with cross products of options. */
  static Stream<OpCase> all() {
    return Stream.of(
            ActivationsEqualLibtorchTest.cases(),
            ChoicesEqualLibtorchTest.cases(),
            ConvolutionsEqualLibtorchTest.cases(),
            InPlaceEqualsLibtorchTest.cases(),
            IndexingEqualsLibtorchTest.cases(),
            LayersEqualLibtorchTest.cases(),
            LinearAlgebraEqualsLibtorchTest.cases(),
            LossesEqualLibtorchTest.cases(),
            MatricesEqualLibtorchTest.cases(),
            NetworkOpsEqualLibtorchTest.cases(),
            PointwiseEqualsLibtorchTest.cases(),
            ProductsEqualLibtorchTest.cases(),
            RecurrentEqualsLibtorchTest.cases(),
            ReductionsEqualLibtorchTest.cases(),
            SpecialEqualsLibtorchTest.cases(),
            TransformsEqualLibtorchTest.cases())
        .flatMap(cases -> cases)
        .distinct();
  }

  /** Writes them to the file that is named. */
  public static void main(String[] args) throws IOException {
    try (JsonGenerator json =
        new JsonFactory()
            .createGenerator(Files.newBufferedWriter(Path.of(args[0]), StandardCharsets.UTF_8))) {
      json.writeStartArray();
      for (OpCase c : all().toList()) {
        json.writeStartObject();
        json.writeStringField("op", c.op());
        json.writeFieldName("args");
        value(json, c.args());
        json.writeFieldName("losses");
        value(json, c.losses());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  private static void value(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case List<?> list -> {
        json.writeStartArray();
        for (Object item : list) {
          value(json, item);
        }
        json.writeEndArray();
      }
      case DType dtype -> {
        json.writeStartObject();
        json.writeStringField("dtype", dtype.torchName());
        json.writeEndObject();
      }
      case Sample s -> sample(json, s);
      case String text -> json.writeString(text);
      case Boolean flag -> json.writeBoolean(flag);
      case Double number -> json.writeNumber(number);
      case Number number -> json.writeNumber(number.longValue());
      default -> throw new IllegalArgumentException("a case with " + value.getClass());
    }
  }

  private static void sample(JsonGenerator json, Sample s) throws IOException {
    json.writeStartObject();
    json.writeStringField("tensor", s.type().dtype().torchName());
    json.writeFieldName("shape");
    value(json, s.type().shape());
    json.writeFieldName("strides");
    value(json, s.type().strides());
    json.writeBooleanField("grad", s.grad());
    if (!s.swap().isEmpty()) {
      json.writeFieldName("swap");
      value(json, s.swap());
    }
    if (s.narrow()) {
      json.writeBooleanField("narrow", true);
    }
    json.writeEndObject();
  }
}
