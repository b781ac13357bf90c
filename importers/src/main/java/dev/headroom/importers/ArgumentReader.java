package dev.headroom.importers;

import dev.headroom.graph.Argument;
import java.util.ArrayList;
import java.util.List;

/** Reads arguments: a union with exactly one key, as torch.export's schema names them. */
final class ArgumentReader {
  private static final long STRIDED = 7;

  private ArgumentReader() {}

  static Argument read(Fields argument) {
    String kind = argument.kind();
    Fields value = argument.get(kind);
    return switch (kind) {
      case "as_none" -> new Argument.OfNone();
      case "as_tensor" -> new Argument.OfTensor(value.get("name").text());
      case "as_tensors" ->
          new Argument.OfTensors(value.items().stream().map(i -> i.get("name").text()).toList());
      case "as_optional_tensor" -> read(value);
      case "as_optional_tensors" ->
          new Argument.OfOptionalTensors(value.items().stream().map(ArgumentReader::read).toList());
      case "as_int" -> new Argument.OfInt(value.integer());
      case "as_ints" ->
          new Argument.OfInts(
              value.items().stream().<Argument>map(i -> new Argument.OfInt(i.integer())).toList());
      case "as_float" -> new Argument.OfFloat(value.real());
      case "as_floats" -> new Argument.OfFloats(value.items().stream().map(Fields::real).toList());
      case "as_bool" -> new Argument.OfBool(value.flag());
      case "as_bools" -> new Argument.OfBools(value.items().stream().map(Fields::flag).toList());
      case "as_string" -> new Argument.OfString(value.text());
      case "as_sym_int", "as_sym_float", "as_sym_bool" -> symbolic(value);
      case "as_sym_ints" ->
          new Argument.OfInts(value.items().stream().map(ArgumentReader::symbolic).toList());
      case "as_scalar_type" -> new Argument.OfDType(FileTypes.dtype(value));
      case "as_memory_format" -> new Argument.OfMemoryFormat(FileTypes.memoryFormat(value));
      case "as_layout" -> layout(value);
      case "as_device" -> new Argument.OfDevice(value.get("type").text());
      case "as_graph" ->
          throw new ImportException(
              argument
                  + ": the call takes a graph of its own (torch.cond, torch.map or their like inside"
                  + " forward), which is not supported. Move it out of forward and export again.");
      default -> throw new ImportException(argument + ": " + kind + " is not supported.");
    };
  }

  /** A number, or the name under which the graph computes one. */
  private static Argument symbolic(Fields value) {
    String kind = value.kind();
    Fields content = value.get(kind);
    return switch (kind) {
      case "as_name" -> new Argument.OfSymInt(content.text());
      case "as_int" -> new Argument.OfInt(content.integer());
      case "as_float" -> new Argument.OfFloat(content.real());
      case "as_bool" -> new Argument.OfBool(content.flag());
      default -> throw value.wrong("as_name or a number");
    };
  }

  /** Dense tensors are all there is; None means the same. */
  private static Argument layout(Fields value) {
    if (value.integer() != STRIDED) {
      throw new ImportException(value + ": only the strided layout (7) is supported.");
    }
    return new Argument.OfNone();
  }

  /** Names of a call's results: tensors, lists of tensors, or sizes. */
  static List<String> outputs(Fields outputs) {
    List<String> names = new ArrayList<>();
    for (Fields output : outputs.items()) {
      switch (read(output)) {
        case Argument.OfTensor t -> names.add(t.name());
        case Argument.OfTensors ts -> names.addAll(ts.names());
        case Argument.OfSymInt s -> names.add(s.name());
        default -> throw output.wrong("the name of a result");
      }
    }
    return names;
  }
}
