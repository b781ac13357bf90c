package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Losses of torch.nn with their options: weights, shares of classes, margins; and rare functions.
 */
class LossesEqualLibtorchTest {
  private static final long NONE = 0;
  private static final long MEAN = 1;
  private static final long SUM = 2;

  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    for (long reduction : new long[] {MEAN, SUM, NONE}) {
      overClasses(out, reduction);
      overValues(out, reduction);
      overTrainedTargets(out, reduction);
      ofMargins(out, reduction);
    }
    functions(out);
    return out.stream();
  }

  private static void overClasses(List<OpCase> out, long reduction) {
    String ce = "aten.cross_entropy_loss.default";
    Sample classes = ints(longs(0, 1, 4), 4);
    Sample weight = f(5).noGrad();
    out.add(OpCase.of(ce, f(4, 5), classes, weight, reduction));
    out.add(OpCase.of(ce, f(2, 5, 3, 3), ints(longs(0, 1, 4), 2, 3, 3), weight, reduction));
    out.add(OpCase.of(ce, f(2, 5, 3), ints(longs(0, 1, 4), 2, 3), weight, reduction));
    out.add(OpCase.of(ce, f(4, 5), f(4, 5).noGrad(), null, reduction));
    out.add(OpCase.of(ce, f(4, 5), f(4, 5).noGrad(), weight, reduction));
    out.add(OpCase.of(ce, f(4, 5), f(4, 5).noGrad(), null, reduction, -100L, 0.1));
    out.add(OpCase.of(ce, f(4, 5), classes, weight, reduction, -100L, 0.1));
    out.add(OpCase.of("aten.nll_loss_nd.default", f(4, 5), classes, weight, reduction));
  }

  private static void overValues(List<OpCase> out, long reduction) {
    Sample target = f(4, 5).noGrad();
    Sample weight = f(5).noGrad();
    String logits = "aten.binary_cross_entropy_with_logits.default";
    out.add(OpCase.of(logits, f(4, 5), target, weight, null, reduction));
    out.add(OpCase.of(logits, f(4, 5), target, null, weight, reduction));
    out.add(OpCase.of(logits, f(4, 5), target, weight, weight, reduction));
    out.add(OpCase.of("aten.binary_cross_entropy.default", f(4, 5), target, null, reduction));
    out.add(OpCase.of("aten.binary_cross_entropy.default", f(4, 5), target, weight, reduction));
    out.add(OpCase.of("aten.huber_loss.default", f(4, 5), target, reduction));
    out.add(OpCase.of("aten.huber_loss.default", f(4, 5), f(4, 5), reduction));
    out.add(OpCase.of("aten.kl_div.default", f(4, 5), target, reduction));
    out.add(OpCase.of("aten.kl_div.default", f(4, 5), f(4, 5), reduction, true));
    out.add(OpCase.of("aten.hinge_embedding_loss.default", f(4, 5), target, 1.0, reduction));
    out.add(
        OpCase.of("aten.poisson_nll_loss.default", f(4, 5), target, true, false, 1e-8, reduction));
    out.add(
        OpCase.of("aten.poisson_nll_loss.default", f(4, 5), target, false, false, 1e-8, reduction));
    Sample side = f(4).noGrad();
    out.add(OpCase.of("aten.margin_ranking_loss.default", f(4), f(4), side, 0.5, reduction));
    out.add(
        OpCase.of("aten.cosine_embedding_loss.default", f(4, 5), f(4, 5), side, 0.1, reduction));
    for (boolean swap : new boolean[] {false, true}) {
      out.add(
          OpCase.of(
              "aten.triplet_margin_loss.default",
              f(4, 5),
              f(4, 5),
              f(4, 5),
              1.0,
              2.0,
              1e-6,
              swap,
              reduction));
    }
  }

  private static void overTrainedTargets(List<OpCase> out, long reduction) {
    Sample weight = f(5).noGrad();
    for (Sample input : List.of(f(4, 5), f(4, 5).noGrad())) {
      for (Sample each : Arrays.asList(null, weight)) {
        out.add(OpCase.of("aten.binary_cross_entropy.default", input, f(4, 5), each, reduction));
        for (Sample positive : Arrays.asList(null, weight)) {
          String logits = "aten.binary_cross_entropy_with_logits.default";
          out.add(OpCase.of(logits, input, f(4, 5), each, positive, reduction));
        }
      }
    }
    String poisson = "aten.poisson_nll_loss.default";
    for (boolean log : new boolean[] {true, false}) {
      out.add(OpCase.of(poisson, f(4, 5), f(4, 5).noGrad(), log, true, 1e-8, reduction));
      out.add(OpCase.of(poisson, f(4, 5), f(4, 5), log, true, 1e-8, reduction));
    }
    out.add(OpCase.of("aten.l1_loss.default", f(4, 5), f(4, 5).noGrad(), reduction));
  }

  private static void ofMargins(List<OpCase> out, long reduction) {
    String margin = "aten.multi_margin_loss.default";
    Sample classes = ints(longs(0, 1, 4), 4);
    Sample weight = f(5).noGrad();
    Sample across = f(5, 4).swapped(0, 1);
    out.add(OpCase.of(margin, f(4, 5), classes, 1L, 1.0, null, reduction));
    out.add(OpCase.of(margin, across, classes, 2L, 1.0, weight, reduction));
    out.add(OpCase.of(margin, f(5), ints(longs(1)), 1L, 1.0, null, reduction));
    out.add(OpCase.of(margin, f(5), ints(longs(1), 1), 1L, 1.0, null, reduction));
    String several = "aten.multilabel_margin_loss.default";
    Sample labels = ints(longs(0, 1, -1, 2, 3), 4, 5);
    out.add(OpCase.of(several, f(4, 5), labels, reduction));
    out.add(OpCase.of(several, across, labels, reduction));
    Sample labelsAcross = ints(longs(0, 1, -1, 2), 5, 4).swapped(0, 1);
    out.add(OpCase.of(several, f(4, 5), labelsAcross, reduction));
    out.add(OpCase.of(several, f(5), ints(longs(0, 1, -1, 2, 3), 5), reduction));
    String soft = "aten.soft_margin_loss.default";
    out.add(OpCase.of(soft, f(4, 5), f(4, 5).noGrad(), reduction));
    out.add(OpCase.of(soft, across, f(4, 5).noGrad(), reduction));
    out.add(OpCase.of(soft, f(4, 5), f(5, 4).noGrad().swapped(0, 1), reduction));
  }

  private static void functions(List<OpCase> out) {
    for (String name : List.of("asin", "acos", "asinh", "atanh", "lgamma", "erfinv")) {
      out.add(OpCase.of("aten." + name + ".default", f(3, 4)));
    }
    for (String name : List.of("fmax", "fmin", "atan2")) {
      String op = "aten." + name + ".default";
      out.add(OpCase.of(op, f(3, 4), f(4)));
      out.add(OpCase.of(op, f(4), f(3, 4)));
      out.add(OpCase.of(op, f(3, 4).noGrad(), f(4)));
      out.add(OpCase.of(op, f(3, 4), f(4).noGrad()));
    }
    out.add(OpCase.of("aten.logit.default", f(3, 4), 1e-6));
    out.add(OpCase.of("aten.nan_to_num.default", f(3, 4)));
    out.add(OpCase.of("aten.pow.Scalar", 2.0, f(3, 4)));
    out.add(OpCase.of("aten.clip.default", f(3, 4), 0.2, 0.8));
    out.add(OpCase.of("aten.xlogy.Tensor", f(3, 4), f(3, 4)));
    out.add(OpCase.of("aten.special_xlogy.default", f(3, 4), f(3, 4).noGrad()));
    out.add(OpCase.of("aten.logaddexp.default", f(3, 4), f(3, 4)));
    out.add(OpCase.of("aten.hypot.default", f(3, 4), f(3, 4)));
    for (String name : List.of("remainder", "fmod")) {
      out.add(OpCase.of("aten." + name + ".Scalar", f(3, 4), 0.3));
      out.add(OpCase.of("aten." + name + ".Tensor", f(3, 4), f(3, 4).noGrad()));
    }
    out.add(OpCase.of("aten.div.Tensor_mode", f(3, 4), 0.3, "floor"));
    out.add(OpCase.of("aten.div.Tensor_mode", f(3, 4), f(4), "trunc"));
    out.add(OpCase.of("aten.std_mean.dim", f(3, 4), longs(1)).losing(0, 1));
    out.add(OpCase.of("aten.var_mean.dim", f(3, 4), longs(1)).losing(0, 1));
    out.add(OpCase.of("aten.var_mean.dim", f(3, 4), longs(1), true, true).losing(1));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
