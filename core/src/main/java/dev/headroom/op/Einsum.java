package dev.headroom.op;

import dev.headroom.paper.Args;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * {@code einsum} and {@code sumproduct_pair} ({@code aten/src/ATen/native/Linear.cpp}): operands
 * are permuted to one order of labels, then contracted from left to right by one batched product
 * each.
 */
final class Einsum {
  /** Labels of dimensions that an ellipsis covers: before the letters, as ATen counts them. */
  private static final char FIRST_COVERED = '0';

  private Einsum() {}

  static void register(Registry ops) {
    ops.add(
        "einsum(str equation, Tensor[] tensors, *, int[]? path=None)",
        (p, a) -> List.of(einsum(p, a.value(0).toString(), a.tensors(1), a)));
  }

  /** Labels of the operands and of the result. */
  private record Equation(List<String> operands, String result) {
    static Equation parse(String text, Args a) {
      String plain = withoutEllipsis(text.replace(" ", ""), a.tensors(1));
      int arrow = plain.indexOf("->");
      List<String> operands =
          Arrays.asList((arrow < 0 ? plain : plain.substring(0, arrow)).split(",", -1));
      if (arrow >= 0) {
        return new Equation(operands, plain.substring(arrow + 2));
      }
      return new Equation(operands, once(String.join("", operands)));
    }

    /** What a result without an arrow has: labels that occur once, sorted. */
    private static String once(String labels) {
      TreeMap<Character, Integer> counts = new TreeMap<>();
      for (int i = 0; i < labels.length(); i++) {
        counts.merge(labels.charAt(i), 1, Integer::sum);
      }
      StringBuilder once = new StringBuilder();
      counts.forEach(
          (c, n) -> {
            if (n == 1 && Character.isLetter(c)) {
              once.append(c);
            }
          });
      return once.toString();
    }

    /** Every ellipsis as labels of its own, aligned at the right; without an arrow they lead. */
    private static String withoutEllipsis(String text, List<PaperTensor> tensors) {
      if (!text.contains("...")) {
        return text;
      }
      int arrow = text.indexOf("->");
      String[] operands = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
      int longest = 0;
      int[] covered = new int[operands.length];
      for (int i = 0; i < operands.length && i < tensors.size(); i++) {
        int named = operands[i].replace("...", "").length();
        covered[i] = operands[i].contains("...") ? tensors.get(i).type().rank() - named : 0;
        longest = Math.max(longest, covered[i]);
      }
      StringBuilder labels = new StringBuilder();
      for (int i = 0; i < longest; i++) {
        labels.append((char) (FIRST_COVERED + i));
      }
      for (int i = 0; i < operands.length; i++) {
        operands[i] =
            operands[i].replace("...", labels.substring(longest - Math.max(0, covered[i])));
      }
      String joined = String.join(",", operands);
      return joined
          + (arrow < 0
              ? "->" + labels + once(joined)
              : text.substring(arrow).replace("...", labels));
    }

    /** The result's labels, then the summed ones in alphabetical order. */
    String order() {
      StringBuilder all = new StringBuilder(result);
      String.join("", operands)
          .chars()
          .distinct()
          .sorted()
          .filter(c -> result.indexOf(c) < 0)
          .forEach(c -> all.append((char) c));
      return all.toString();
    }
  }

  private static PaperTensor einsum(PaperEngine p, String text, List<PaperTensor> tensors, Args a) {
    Equation equation = Equation.parse(text, a);
    String order = equation.order();
    int outRank = equation.result().length();
    int[] counts = new int[order.length()];
    List<PaperTensor> ops = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      String labels = equation.operands().get(i);
      PaperTensor tensor = tensors.get(i);
      if (labels.length() != tensor.type().rank()
          || labels.chars().distinct().count() != labels.length()) {
        throw new UnsupportedOperatorException(
            a.op(), "with the labels '" + labels + "' for " + tensor);
      }
      for (int d = 0; d < order.length(); d++) {
        int at = labels.indexOf(order.charAt(d));
        if (at >= 0 && tensor.type().size(at) != 1) {
          counts[d]++;
        }
      }
      ops.add(permuted(p, tensor, labels, order));
    }
    while (ops.size() > 1) {
      PaperTensor left = ops.removeFirst();
      PaperTensor right = ops.removeFirst();
      ops.addFirst(contract(p, left, right, counts, outRank));
    }
    PaperTensor result = ops.getFirst();
    if (order.length() == outRank) {
      return result;
    }
    PaperTensor last;
    if (tensors.size() > 1) {
      last = Views.view(p, result, result.type().shape().subList(0, outRank));
    } else {
      List<Long> over = new ArrayList<>();
      for (long d = outRank; d < order.length(); d++) {
        over.add(d);
      }
      last = Reduction.sum(p, result, over, false);
    }
    p.release(result);
    return last;
  }

  /** An operand with a dimension for every label, of size 1 where it has none. */
  private static PaperTensor permuted(
      PaperEngine p, PaperTensor tensor, String labels, String order) {
    PaperTensor wide = p.retain(tensor);
    List<Long> permutation = new ArrayList<>();
    long next = labels.length();
    for (int i = 0; i < order.length(); i++) {
      char label = order.charAt(i);
      int at = labels.indexOf(label);
      if (at < 0) {
        PaperTensor more = Views.unsqueeze(p, wide, -1);
        p.release(wide);
        wide = more;
        permutation.add(next++);
      } else {
        permutation.add((long) at);
      }
    }
    PaperTensor result = Views.permute(p, wide, permutation);
    p.release(wide);
    return result;
  }

  /** Sums what no later operand has, then multiplies; takes both operands. */
  private static PaperTensor contract(
      PaperEngine p, PaperTensor left, PaperTensor right, int[] counts, int outRank) {
    List<Long> sums = new ArrayList<>();
    List<Long> leftOnly = new ArrayList<>();
    List<Long> rightOnly = new ArrayList<>();
    for (int d = outRank; d < counts.length; d++) {
      boolean inLeft = left.type().size(d) != 1;
      boolean inRight = right.type().size(d) != 1;
      if (inLeft && inRight) {
        if (--counts[d] == 1) {
          sums.add((long) d);
          counts[d] = 0;
        }
      } else if (counts[d] == 1 && (inLeft || inRight)) {
        (inLeft ? leftOnly : rightOnly).add((long) d);
        counts[d] = 0;
      }
    }
    PaperTensor a = summed(p, left, leftOnly);
    PaperTensor b = summed(p, right, rightOnly);
    PaperTensor result = sumProduct(p, a, b, sums);
    p.release(b);
    p.release(a);
    return result;
  }

  private static PaperTensor summed(PaperEngine p, PaperTensor tensor, List<Long> dims) {
    if (dims.isEmpty()) {
      return tensor;
    }
    PaperTensor sum = Reduction.sum(p, tensor, dims, true);
    p.release(tensor);
    return sum;
  }

  /** {@code sumproduct_pair} with the summed dimensions kept at size 1. */
  private static PaperTensor sumProduct(
      PaperEngine p, PaperTensor left, PaperTensor right, List<Long> sums) {
    if (sums.isEmpty()) {
      return Arithmetic.mul(p, left, right);
    }
    List<Long> both = new ArrayList<>();
    List<Long> leftOnly = new ArrayList<>();
    List<Long> rightOnly = new ArrayList<>();
    for (long d = 0; d < left.type().rank(); d++) {
      if (!sums.contains(d)) {
        boolean inLeft = left.type().size((int) d) != 1;
        boolean inRight = right.type().size((int) d) != 1;
        (inLeft && inRight ? both : inLeft ? leftOnly : rightOnly).add(d);
      }
    }
    long batch = product(left.type(), both);
    long rows = product(left.type(), leftOnly);
    long inner = product(left.type(), sums);
    long columns = product(right.type(), rightOnly);
    PaperTensor a =
        stacked(p, left, List.of(both, leftOnly, sums, rightOnly), List.of(batch, rows, inner));
    PaperTensor b =
        stacked(p, right, List.of(both, sums, rightOnly, leftOnly), List.of(batch, inner, columns));
    // A call of its own for autocast, which has no policy for einsum on the CPU.
    PaperTensor product = p.call("aten.bmm.default", a, b).getFirst();
    List<Long> shape = new ArrayList<>();
    List<Long> order = new ArrayList<>();
    both.forEach(d -> shape.add(left.type().size(d.intValue())));
    leftOnly.forEach(d -> shape.add(left.type().size(d.intValue())));
    sums.forEach(d -> shape.add(1L));
    rightOnly.forEach(d -> shape.add(right.type().size(d.intValue())));
    order.addAll(both);
    order.addAll(leftOnly);
    order.addAll(sums);
    order.addAll(rightOnly);
    PaperTensor viewed = Views.view(p, product, shape);
    p.release(product);
    List<Long> back = new ArrayList<>();
    for (long d = 0; d < order.size(); d++) {
      back.add((long) order.indexOf(d));
    }
    PaperTensor result = Views.permute(p, viewed, back);
    p.release(viewed);
    p.release(b);
    p.release(a);
    return result;
  }

  private static PaperTensor stacked(
      PaperEngine p, PaperTensor tensor, List<List<Long>> groups, List<Long> shape) {
    List<Long> permutation = groups.stream().flatMap(List::stream).toList();
    PaperTensor permuted = Views.permute(p, tensor, permutation);
    PaperTensor result = Views.reshape(p, permuted, shape);
    p.release(permuted);
    return result;
  }

  private static long product(TensorType type, List<Long> dims) {
    long product = 1;
    for (long d : dims) {
      product = Math.multiplyExact(product, type.size((int) d));
    }
    return product;
  }
}
