package dev.headroom.lever;

import dev.headroom.ledger.RecordingMismatchException;
import dev.headroom.ledger.Timeline;
import dev.headroom.lever.Lever.Kind;
import dev.headroom.lever.Levers.Row;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.recipe.Checkpoint;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cheapest levers for a number of samples per step. Levers stand in a row from cheap to dear,
 * and passes among them; of two combinations the cheaper one is that whose dearest lever is
 * cheaper, then that whose next one is. So from the dearest down each is left out where all that
 * are cheaper, pulled together, will do; of blocks as little as can be is computed again, and of
 * passes there are the fewest.
 *
 * <p>That is exact where a lever more never needs more memory. Where it may, what fails with all of
 * them is tried without: numbers of fewer bits are kept beside those they are made from,
 * recomputation has temporaries of its own, and an allocator may fare worse with other requests.
 */
final class CheapestLevers {
  /** Kinds of which a lever pulled may need more than one that is not. */
  private static final Set<Kind> DOUBTFUL =
      EnumSet.of(Kind.PRECISION, Kind.CHECKPOINT, Kind.ALLOCATOR);

  private final Setting base;
  private final Replan replan;
  private final Catalogue catalogue;

  /** Each alone, cheapest first; blocks all or none, and no passes. */
  private final List<Row> order;

  /** How many of them come before passes. */
  private final int turn;

  private final long want;

  /** What was tried, by the levers' options. */
  private final Map<Set<String>, Boolean> known = new HashMap<>();

  private final Map<Set<String>, Boolean> live = new HashMap<>();

  CheapestLevers(Setting base, Replan replan, Catalogue catalogue, List<Row> alone, long want) {
    this.base = base;
    this.replan = replan;
    this.catalogue = catalogue;
    this.want = want;
    order = alone.stream().filter(CheapestLevers::isWhole).toList();
    turn = (int) order.stream().filter(row -> !isDearerThanPasses(row)).count();
  }

  private static boolean isWhole(Row row) {
    Lever lever = row.levers().getFirst();
    return lever.kind() != Kind.ACCUMULATE
        && (lever.kind() != Kind.CHECKPOINT
            || lever.option().endsWith(" " + Checkpoint.BLOCKS.label()));
  }

  private boolean isDearerThanPasses(Row row) {
    int price = row.levers().getFirst().price().compareTo(catalogue.accumulate(2).price());
    return price > 0 || (price == 0 && row.recompute() > 0);
  }

  /**
   * Finds them.
   *
   * @param divide whether more passes are a lever, too
   * @return cheapest first, or null if there are none
   */
  @Nullable List<Lever> find(boolean divide) {
    List<Lever> chosen = new ArrayList<>();
    boolean open = divide && !furtherPasses().isEmpty();
    if (fitting(chosen, order.size(), open) == null) {
      return null;
    }
    for (int i = order.size(); i >= 0; i--) {
      Lever lever = i < order.size() ? lever(i) : null;
      if (lever != null && !has(chosen, lever.kind()) && fitting(chosen, i, open) == null) {
        chosen.add(lever.kind() == Kind.CHECKPOINT ? blocks(lever, chosen, i, open) : lever);
      }
      if (i == turn && open) {
        open = false;
        if (fitting(chosen, turn, false) == null) {
          Lever passes = fewestPasses(chosen, turn);
          if (passes == null) {
            return null;
          }
          chosen.add(passes);
        }
      }
    }
    return fits(chosen) ? chosen.reversed() : null;
  }

  private Lever lever(int i) {
    return order.get(i).levers().getFirst();
  }

  /** The blocks that cost least, beside what is chosen and all that is cheaper. */
  private Lever blocks(Lever all, List<Lever> chosen, int cheaper, boolean open) {
    List<Lever> fits = fitting(with(chosen, all), cheaper, open);
    if (fits == null) {
      return all;
    }
    Setting setting = setting(without(fits, all));
    Checkpoint found = new CheckpointChoice(replan, setting, micro(setting)).find();
    return found == null || found.isNone() || found.all() ? all : catalogue.checkpoint(found);
  }

  /**
   * Levers that reach what is wanted: those chosen, and of the cheaper ones all that do not exclude
   * each other or stand in the way, so many passes included that micro-batches are as small as can
   * be; null if they do not.
   */
  private @Nullable List<Lever> fitting(List<Lever> chosen, int cheaper, boolean open) {
    List<Lever> all = new ArrayList<>(chosen);
    List<Lever> doubtful = new ArrayList<>();
    List<Lever> forms = new ArrayList<>();
    for (int i = cheaper - 1; i >= 0; i--) {
      Lever lever = lever(i);
      Kind kind = lever.kind();
      if (has(chosen, kind)) {
        continue;
      }
      if (kind == Kind.FORM) {
        forms.add(lever);
      } else if (DOUBTFUL.contains(kind)) {
        doubtful.add(lever);
      } else if (!has(all, kind)) {
        all.add(strongest(kind, cheaper));
      }
    }
    List<Lever> once = fittingWith(all, doubtful, forms, chosen);
    return once != null || !open
        ? once
        : fittingWith(
            with(all, catalogue.accumulate(furtherPasses().getLast())), doubtful, forms, chosen);
  }

  /** The same with some of these, most of them first, and with one of the forms or none. */
  private @Nullable List<Lever> fittingWith(
      List<Lever> all, List<Lever> doubtful, List<Lever> forms, List<Lever> chosen) {
    List<Lever> found = fittingSome(all, doubtful, forms);
    // What does nothing by itself may still move where blocks lie: each of the others less.
    boolean near = found == null && some(doubtful).stream().anyMatch(d -> isLive(with(all, d)));
    for (int i = 0; near && found == null && i < all.size(); i++) {
      if (!chosen.contains(all.get(i)) && all.get(i).kind() != Kind.ACCUMULATE) {
        found = fittingSome(without(all, all.get(i)), doubtful, forms);
      }
    }
    return found;
  }

  private @Nullable List<Lever> fittingSome(
      List<Lever> all, List<Lever> doubtful, List<Lever> forms) {
    for (List<Lever> part : some(doubtful)) {
      List<Lever> some = with(all, part);
      for (Lever form : forms) {
        if (fits(with(some, form))) {
          return with(some, form);
        }
      }
      if (fits(some)) {
        return some;
      }
    }
    return null;
  }

  /** All subsets, most of them first. */
  private static List<List<Lever>> some(List<Lever> doubtful) {
    List<List<Lever>> subsets = new ArrayList<>();
    for (int out = 0; out < 1 << doubtful.size(); out++) {
      List<Lever> part = new ArrayList<>();
      for (int i = 0; i < doubtful.size(); i++) {
        if ((out & 1 << i) == 0) {
          part.add(doubtful.get(i));
        }
      }
      subsets.add(part);
    }
    return subsets;
  }

  private static boolean has(List<Lever> some, Kind kind) {
    return some.stream().anyMatch(lever -> lever.kind() == kind);
  }

  /** Of one kind, what needs the least; of equal ones the dearest. */
  private Lever strongest(Kind kind, int cheaper) {
    Row best = null;
    for (Row row : order.subList(0, cheaper)) {
      if (row.levers().getFirst().kind() == kind && (best == null || row.bytes() <= best.bytes())) {
        best = row;
      }
    }
    if (best == null) {
      throw new IllegalStateException("no lever of kind " + kind);
    }
    return best.levers().getFirst();
  }

  /**
   * The fewest further passes, beside levers that are chosen and all that are cheaper than so many,
   * that divide a step into equal micro-batches which fit; null if even the smallest do not. A
   * smaller micro-batch never needs more.
   */
  @Nullable Lever fewestPasses(List<Lever> chosen, int cheaper) {
    List<Integer> times = furtherPasses();
    int fails = -1;
    int fits = times.size();
    for (int i = fits - 1; fits - fails > 1; i = fails + (fits - fails) / 2) {
      if (fitting(with(chosen, catalogue.accumulate(times.get(i))), cheaper, false) != null) {
        fits = i;
      } else if (fits == times.size()) {
        return null;
      } else {
        fails = i;
      }
    }
    return fits == times.size() ? null : catalogue.accumulate(times.get(fits));
  }

  /** By how many times more passes a step can be divided, from few to many. */
  private List<Integer> furtherPasses() {
    int now = base.recipe().accumulate();
    long most = want % now == 0 ? want / now : 1;
    List<Integer> few = new ArrayList<>();
    List<Integer> many = new ArrayList<>();
    for (long times = 1; times * times <= most; times++) {
      if (most % times == 0) {
        few.add((int) times);
        if (times * times < most) {
          many.add((int) (most / times));
        }
      }
    }
    few.addAll(many.reversed());
    return few.subList(1, few.size());
  }

  /** Whether what is wanted surely fits; not, where that cannot be planned. */
  private boolean fits(List<Lever> levers) {
    return known.computeIfAbsent(
        options(levers),
        options -> {
          try {
            Setting setting = setting(levers);
            return isLive(levers) && replan.fits(setting, micro(setting));
          } catch (UnsupportedOperatorException | RecordingMismatchException e) {
            return false;
          }
        });
  }

  private static Set<String> options(List<Lever> levers) {
    return Set.copyOf(levers.stream().map(Lever::option).toList());
  }

  /** Whether live bytes have room: quick to know, and never more than what is reserved for them. */
  private boolean isLive(List<Lever> levers) {
    return live.computeIfAbsent(
        options(levers),
        options -> {
          try {
            Setting setting = setting(levers);
            return new Timeline(replan.ledger(setting, micro(setting))).peak().liveBytes()
                <= replan.liveLimit();
          } catch (ArithmeticException e) {
            // More than 63 bits hold.
            return false;
          } catch (UnsupportedOperatorException | RecordingMismatchException e) {
            return false;
          }
        });
  }

  private long micro(Setting setting) {
    return Math.ceilDiv(want, setting.recipe().accumulate());
  }

  private Setting setting(List<Lever> levers) {
    return Levers.setting(base, levers);
  }

  private static List<Lever> with(List<Lever> some, Lever more) {
    return with(some, List.of(more));
  }

  private static List<Lever> with(List<Lever> some, List<Lever> more) {
    List<Lever> all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }

  private static List<Lever> without(List<Lever> some, Lever one) {
    return some.stream().filter(lever -> !lever.equals(one)).toList();
  }
}
