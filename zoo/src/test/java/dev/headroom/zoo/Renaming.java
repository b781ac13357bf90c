package dev.headroom.zoo;

import java.util.HashMap;
import java.util.Map;

/** Numbers the results of calls, since their names are the exporter's; other names stay. */
final class Renaming {
  private final Map<String, String> numbers = new HashMap<>();

  String define(String name) {
    String number = "%" + numbers.size();
    numbers.put(name, number);
    return number;
  }

  String use(String name) {
    return numbers.getOrDefault(name, name);
  }
}
