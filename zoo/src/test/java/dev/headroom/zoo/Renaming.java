package dev.headroom.zoo;

import java.util.HashMap;
import java.util.Map;

/** Numbers the results of calls, since their names are the exporter's; other names stay. */
final class Renaming {
  private int results;
  private final Map<String, String> numbers = new HashMap<>();

  Renaming(Map<String, String> known) {
    numbers.putAll(known);
  }

  String define(String name) {
    String number = "%" + results++;
    numbers.put(name, number);
    return number;
  }

  String use(String name) {
    return numbers.getOrDefault(name, name);
  }
}
