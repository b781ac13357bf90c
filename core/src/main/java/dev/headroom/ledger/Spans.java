package dev.headroom.ledger;

import dev.headroom.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * Spans in order, column by column: a deep network has hundreds of thousands, each read for one of
 * its fields millions of times.
 */
@SuppressWarnings("EnumOrdinal") // iteration and phase are one number
final class Spans {
  private static final Phase[] PHASES = Phase.values();

  private final Ints places;
  private final Refs<Node> nodes;
  private final Refs<String> works;

  Spans() {
    this(new Ints(), new Refs<>(), new Refs<>());
  }

  private Spans(Ints places, Refs<Node> nodes, Refs<String> works) {
    this.places = places;
    this.nodes = nodes;
    this.works = works;
  }

  /** As they are now; what is added later does not show. */
  Spans soFar() {
    return new Spans(places.soFar(), nodes.soFar(), works.soFar());
  }

  void add(int iteration, Phase phase, @Nullable Node node, String work) {
    places.add(Math.addExact(Math.multiplyExact(iteration, PHASES.length), phase.ordinal()));
    nodes.add(node);
    works.add(work);
  }

  int size() {
    return places.size();
  }

  int iteration(int span) {
    return places.get(span) / PHASES.length;
  }

  Phase phase(int span) {
    return PHASES[places.get(span) % PHASES.length];
  }

  Ledger.Span get(int span) {
    String work = works.get(span);
    return new Ledger.Span(iteration(span), phase(span), nodes.get(span), work == null ? "" : work);
  }
}
