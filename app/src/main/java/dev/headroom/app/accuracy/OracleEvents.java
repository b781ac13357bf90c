package dev.headroom.app.accuracy;

import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Phase;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Allocations and frees of some training steps, recorded or written, in a form that can be laid
 * side by side.
 *
 * @param base bytes that are alive before the first step
 * @param events in order, those of set-up and of a batch's arrival left out
 */
record OracleEvents(long base, List<Event> events) {
  /** The calls in which every kernel of a convolution runs, forward and backward. */
  private static final List<String> CONVOLUTIONS =
      List.of("aten::_convolution", "aten::convolution_backward");

  /**
   * One of them.
   *
   * @param step from 1
   * @param phase of the loop, in lower case
   * @param op dispatched operator; for a free the one that ran last before it; empty if unknown
   * @param bytes positive for an allocation, negative for a free
   * @param block which
   */
  record Event(int step, String phase, String op, long bytes, int block) {
    Event of(int otherBlock) {
      return new Event(step, phase, op, bytes, otherBlock);
    }

    boolean allocates() {
      return bytes > 0;
    }
  }

  OracleEvents {
    events = List.copyOf(events);
  }

  /** A written ledger, without what kernels and libraries take for themselves. */
  static OracleEvents of(Ledger ledger) {
    long base = 0;
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < ledger.size(); i++) {
      Ledger.Span span = ledger.span(i);
      if (ledger.category(ledger.block(i)) == Category.WORKSPACE) {
        continue;
      }
      if (span.phase() == Phase.SETUP || span.phase() == Phase.BATCH) {
        base += ledger.delta(i);
      } else {
        String phase = span.phase().name().toLowerCase(Locale.ROOT);
        events.add(
            new Event(span.iteration(), phase, span.work(), ledger.delta(i), ledger.block(i)));
      }
    }
    return new OracleEvents(base, events);
  }

  /** The same without blocks that one call of a convolution allocates and frees within itself. */
  OracleEvents withoutKernelScratch() {
    Set<Integer> left = new HashSet<>();
    Set<Integer> ownBlocks = new HashSet<>();
    String call = "";
    for (Event event : events) {
      String at = event.step() + event.phase() + convolution(event.op());
      if (!at.equals(call)) {
        call = at;
        ownBlocks.clear();
      }
      if (convolution(event.op()).isEmpty()) {
        continue;
      }
      if (event.allocates()) {
        ownBlocks.add(event.block());
      } else if (ownBlocks.contains(event.block())) {
        left.add(event.block());
      }
    }
    return new OracleEvents(base, events.stream().filter(e -> !left.contains(e.block())).toList());
  }

  /** The path of calls up to the convolution that it leads into; empty for none. */
  private static String convolution(String path) {
    for (String name : CONVOLUTIONS) {
      int at = path.indexOf(name);
      if (at >= 0) {
        return path.substring(0, at + name.length());
      }
    }
    return "";
  }

  /** Most bytes alive in a step, counted from 1. */
  long peak(int step) {
    long live = base;
    long peak = 0;
    boolean begun = false;
    for (Event event : events) {
      if (event.step() > step) {
        break;
      }
      if (event.step() == step && !begun) {
        begun = true;
        peak = live;
      }
      live += event.bytes();
      if (event.step() == step) {
        peak = Math.max(peak, live);
      }
    }
    return peak;
  }

  /**
   * Step, phase and bytes of every event.
   *
   * @param sortCasts whether frees that follow each other in the loss are sorted: the casts that
   *     die with autocast die in the order of a hash table
   */
  List<String> lines(boolean sortCasts) {
    List<String> out = new ArrayList<>();
    List<Long> frees = new ArrayList<>();
    for (Event event : events) {
      boolean held = sortCasts && event.phase().equals("loss") && !event.allocates();
      if (!held) {
        flush(frees, out);
        out.add(event.step() + " " + event.phase() + " " + event.bytes());
      } else {
        frees.add(event.bytes());
      }
    }
    flush(frees, out);
    return out;
  }

  private static void flush(List<Long> frees, List<String> out) {
    frees.stream().sorted().forEach(bytes -> out.add("loss " + bytes));
    frees.clear();
  }
}
