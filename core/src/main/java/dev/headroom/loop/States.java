package dev.headroom.loop;

import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks a saved state against the loop that is to take it. */
final class States {
  private States() {}

  /**
   * The optimizer's part of a state: {@code optimizer.exp_avg.0} and so on, by name, in order.
   *
   * @throws IllegalArgumentException if there is not one tensor per parameter, or none at all
   */
  static Map<String, List<TensorType>> ofOptimizer(
      Map<String, TensorType> types, String prefix, int parameters) {
    Set<String> names = new LinkedHashSet<>();
    for (String key : types.keySet()) {
      if (key.startsWith(prefix) && key.lastIndexOf('.') > prefix.length()) {
        names.add(key.substring(prefix.length(), key.lastIndexOf('.')));
      }
    }
    Map<String, List<TensorType>> out = new LinkedHashMap<>();
    for (String name : names) {
      List<TensorType> list = new ArrayList<>();
      for (int i = 0; i < parameters; i++) {
        TensorType type = types.get(prefix + name + "." + i);
        if (type == null) {
          throw new IllegalArgumentException("the state has no " + prefix + name + "." + i);
        }
        list.add(type);
      }
      out.put(name, list);
    }
    return out;
  }

  static void requireSame(Set<String> theirs, Set<String> mine) {
    for (String name : mine) {
      if (!theirs.contains(name)) {
        throw new IllegalArgumentException("the state has no " + name);
      }
    }
    for (String name : theirs) {
      if (!mine.contains(name)) {
        throw new IllegalArgumentException("the state has " + name + ", which is not used here");
      }
    }
  }

  static void requireSame(String name, @Nullable TensorType theirs, TensorType mine) {
    if (theirs == null || !theirs.shape().equals(mine.shape()) || theirs.dtype() != mine.dtype()) {
      throw new IllegalArgumentException(name + " is " + theirs + " in the state, here " + mine);
    }
  }
}
