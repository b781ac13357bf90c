package dev.headroom.torch;

import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import java.util.ArrayList;
import java.util.List;

/** The events of a ledger in words, set-up left out. */
final class LedgerEvents {
  private LedgerEvents() {}

  /** Where the two part, in words; empty if they never do. */
  static String firstDifference(Ledger predicted, Ledger measured) {
    List<String> expected = of(predicted);
    List<String> actual = of(measured);
    for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
      if (!expected.get(i).equals(actual.get(i))) {
        return "event "
            + i
            + ": predicted "
            + expected.get(i)
            + " in "
            + span(predicted, i)
            + ", measured "
            + actual.get(i)
            + " in "
            + span(measured, i);
      }
    }
    return expected.size() == actual.size() ? "" : expected.size() + " and " + actual.size();
  }

  /** The span of the n-th event behind set-up. */
  private static Ledger.Span span(Ledger ledger, int n) {
    int left = n;
    for (int i = 0; ; i++) {
      if (ledger.span(i).phase() != Phase.SETUP && left-- == 0) {
        return ledger.span(i);
      }
    }
  }

  static List<String> of(Ledger ledger) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (span.phase() != Phase.SETUP) {
        out.add(span.iteration() + " " + span.phase() + " " + ledger.delta(i));
      }
    }
    return out;
  }

  /** The same with frees that follow each other sorted. */
  static List<String> sortedFrees(Ledger ledger) {
    List<String> all = of(ledger);
    int from = 0;
    for (int i = 0; i < all.size(); i++) {
      if (!all.get(i).contains(" -")) {
        all.subList(from, i).sort(null);
        from = i + 1;
      }
    }
    all.subList(from, all.size()).sort(null);
    return all;
  }
}
