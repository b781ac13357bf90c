package dev.headroom.torch;

import dev.headroom.engine.Engine;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Phase;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A few ATen calls, forward and backward, that any engine can run. One call per line:
 *
 * <pre>
 * x = input 2 3            a float32 tensor without gradient (int: int64, zeros; bool; bf16)
 * w = param 4 3            a leaf that wants a gradient
 * a, b = aten.split.Tensor x 1 1
 * drop a                   releases a handle early
 * autocast bfloat16        until "autocast off"
 * backward b               sums b, drops everything else, runs backward
 * </pre>
 *
 * Arguments are names, numbers, {@code [1,2]}, {@code [x,y]}, {@code true}, {@code None}, element
 * types. A second assignment to a name releases what it held.
 */
record Script(String name, List<String> lines) {
  static List<Script> parse(String text) {
    List<Script> scripts = new ArrayList<>();
    String name = "";
    List<String> lines = new ArrayList<>();
    for (String line : (text + "\n# end").lines().toList()) {
      if (line.startsWith("#")) {
        if (!lines.isEmpty()) {
          scripts.add(new Script(name, List.copyOf(lines)));
          lines.clear();
        }
        name = line.substring(1).trim();
      } else if (!line.isBlank()) {
        lines.add(line.trim());
      }
    }
    return scripts;
  }

  <T> void run(Engine<T> engine, Consumer<T> zero) {
    Map<String, T> values = new LinkedHashMap<>();
    List<T> leaves = new ArrayList<>();
    engine.phase(0, Phase.SETUP);
    boolean setUp = true;
    for (String line : lines) {
      List<String> words = List.of(line.split("[ ,]+(?![^\\[]*\\])"));
      if (setUp && line.contains("aten.")) {
        engine.phase(1, Phase.FORWARD);
        setUp = false;
      }
      switch (words.getFirst()) {
        case "drop" -> engine.release(values.remove(words.get(1)));
        case "autocast" ->
            engine.setAutocast(
                words.get(1).equals("off")
                    ? null
                    : DType.valueOf(words.get(1).toUpperCase(Locale.ROOT)));
        case "backward" -> backward(engine, values, words.get(1));
        default -> assign(engine, values, leaves, words, zero);
      }
    }
    values.values().forEach(engine::release);
    for (T leaf : leaves) {
      engine.clearGrad(leaf);
      engine.release(leaf);
    }
  }

  private <T> void backward(Engine<T> engine, Map<String, T> values, String name) {
    T loss = engine.call("aten.sum.default", values.get(name)).getFirst();
    values.values().forEach(engine::release);
    values.clear();
    engine.phase(1, Phase.BACKWARD);
    engine.backward(loss);
    engine.phase(1, Phase.ZERO_GRAD);
    engine.release(loss);
  }

  private <T> void assign(
      Engine<T> engine,
      Map<String, T> values,
      List<T> leaves,
      List<String> words,
      Consumer<T> zero) {
    int equals = words.indexOf("=");
    List<String> names = words.subList(0, equals);
    String what = words.get(equals + 1);
    List<String> rest = words.subList(equals + 2, words.size());
    if (what.startsWith("aten.")) {
      Object[] args = rest.stream().map(w -> argument(values, w)).toArray();
      List<T> results = engine.call(what, args);
      for (int i = 0; i < results.size(); i++) {
        T before = i < names.size() ? values.put(names.get(i), results.get(i)) : results.get(i);
        if (before != null) {
          engine.release(before);
        }
      }
      return;
    }
    DType dtype =
        switch (what) {
          case "int" -> DType.INT64;
          case "bool" -> DType.BOOL;
          case "bf16" -> DType.BFLOAT16;
          default -> DType.FLOAT32;
        };
    List<Long> sizes = rest.stream().map(Long::valueOf).toList();
    T tensor = engine.empty(TensorType.of(dtype, sizes), Category.INPUT);
    zero.accept(tensor);
    if (what.equals("param")) {
      engine.requireGrad(tensor);
      // The graph holds parameters for longer than one backward.
      leaves.add(tensor);
      values.put(names.getFirst(), engine.call("aten.alias.default", tensor).getFirst());
      return;
    }
    values.put(names.getFirst(), tensor);
  }

  private static <T> Object argument(Map<String, T> values, String word) {
    if (values.containsKey(word)) {
      return values.get(word);
    }
    if (word.startsWith("[")) {
      String inner = word.substring(1, word.length() - 1);
      List<Object> items = new ArrayList<>();
      for (String item : inner.split(",")) {
        if (!item.isBlank()) {
          items.add(argument(values, item.trim()));
        }
      }
      return items;
    }
    return switch (word) {
      case "None" -> null;
      case "true" -> true;
      case "false" -> false;
      default ->
          word.matches("-?[0-9]+")
              ? (Object) Long.valueOf(word)
              : word.matches("-?[0-9]*\\.[0-9e-]+")
                  ? (Object) Double.valueOf(word)
                  : word.startsWith("'")
                      ? word.substring(1, word.length() - 1)
                      : DType.valueOf(word.toUpperCase(Locale.ROOT));
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
