package dev.headroom.app.accuracy;

import dev.headroom.app.accuracy.OracleEvents.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where PyTorch's fake tensors do something else than its kernels, and how a recording of them
 * reads without that. Each cause names the source that says so.
 */
enum FakeDeviation {
  /** A batch norm's reserve, an attention's debug mask: tensors of no bytes are no allocation. */
  EMPTY('a', "tensors without bytes are listed") {
    @Override
    List<Event> undo(List<Event> events) {
      return events.stream().filter(e -> e.bytes() != 0).toList();
    }
  },
  /** {@code torch/csrc/autograd/input_buffer.cpp}. */
  SUM_IN_PLACE(
      'b',
      "where two gradients meet, the sum is a new tensor, because fake tensors are a Python"
          + " subclass; the engine adds to a plain one in place") {
    @Override
    List<Event> undo(List<Event> events) {
      // A weight's gradient is a product seen transposed: the view's base holds it too.
      Set<Integer> products = madeBy("aten.mm.default", events);
      return inPlace(
          events,
          (before, sum, after) ->
              sum.phase().equals("backward")
                  && isSum(sum)
                  && after.op().equals(sum.op())
                  && !products.contains(after.block()));
    }
  },
  /** {@code aten/src/ATen/native/Linear.cpp}. */
  BIAS_IN_PLACE(
      'c',
      "the bias of a linear layer whose input is not contiguous is added out of place for a"
          + " Python subclass, in place else") {
    @Override
    List<Event> undo(List<Event> events) {
      return inPlace(
          events,
          (before, sum, after) ->
              isSum(sum)
                  && before.op().equals("aten.mm.default")
                  && after.block() == before.block());
    }
  },
  /** {@code aten/src/ATen/native/cuda/Dropout.cu}. */
  DROPOUT_MASK_FIRST(
      'd',
      "the decomposition of dropout makes the result before the mask, CUDA's kernel after it") {
    @Override
    List<Event> undo(List<Event> events) {
      List<Event> out = new ArrayList<>(events);
      for (int i = 0; i + 1 < out.size(); i++) {
        Event first = out.get(i);
        Event second = out.get(i + 1);
        if (first.op().equals("aten.native_dropout.default")
            && second.op().equals(first.op())
            && first.allocates()
            && second.allocates()
            && first.bytes() > second.bytes()) {
          out.set(i, second);
          out.set(i + 1, first);
          i++;
        }
      }
      return out;
    }
  },
  /** {@code aten/src/ATen/native/transformers/cuda/attention.cu}. */
  SEEDS_ON_HOST(
      'e',
      "seed and offset of the memory-efficient attention (16 bytes) are placed on the GPU; they lie"
          + " there only while a CUDA graph is captured") {
    @Override
    List<Event> undo(List<Event> events) {
      Set<Integer> made = madeBy("aten._scaled_dot_product_efficient_attention.default", events);
      return events.stream()
          .filter(e -> Math.abs(e.bytes()) != Long.BYTES || !made.contains(e.block()))
          .toList();
    }
  },
  /** {@code aten/src/ATen/native/cuda/Normalization.cu}. */
  NORM_SUMS_FIRST(
      'f',
      "the shape rule of a batch norm's backward makes the input's gradient, the weight's and the"
          + " bias's; the kernel for (B, C) makes two sums, the weight's, the bias's and the"
          + " input's, then drops the sums") {
    @Override
    List<Event> undo(List<Event> events) {
      List<Event> out = new ArrayList<>();
      int made = -1;
      for (int i = 0; i < events.size(); i++) {
        Event input = events.get(i);
        if (!input.op().equals("aten.native_batch_norm_backward.default") || !input.allocates()) {
          out.add(input);
          continue;
        }
        Event weight = events.get(i + 1);
        out.add(weight.of(made));
        out.add(weight.of(made - 1));
        out.add(weight);
        out.add(events.get(i + 2));
        out.add(input);
        for (int sum = made - 1; sum <= made; sum++) {
          out.add(new Event(input.step(), input.phase(), input.op(), -weight.bytes(), sum));
        }
        made -= 2;
        i += 2;
      }
      return out;
    }
  };

  private final char letter;
  private final String cause;

  FakeDeviation(char letter, String cause) {
    this.letter = letter;
    this.cause = cause;
  }

  /** In words. */
  String cause() {
    return cause;
  }

  /** Which stands for it in a table. */
  char letter() {
    return letter;
  }

  /** What the kernels would have done instead. */
  abstract List<Event> undo(List<Event> events);

  private static Set<Integer> madeBy(String op, List<Event> events) {
    Set<Integer> blocks = new HashSet<>();
    for (Event event : events) {
      if (event.allocates() && event.op().equals(op)) {
        blocks.add(event.block());
      }
    }
    return blocks;
  }

  private static boolean isSum(Event event) {
    return event.allocates() && event.op().equals("aten.add.Tensor");
  }

  /** Looks at three events that follow each other. */
  private interface Found {
    boolean test(Event before, Event sum, Event after);
  }

  /** A sum and the death of its first operand after it: the operand lives on as the sum. */
  private static List<Event> inPlace(List<Event> events, Found found) {
    List<Event> out = new ArrayList<>();
    Map<Integer, Integer> lives = new HashMap<>();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      Event after = i + 1 < events.size() ? events.get(i + 1) : event;
      if (i > 0 && event.bytes() == -after.bytes() && found.test(events.get(i - 1), event, after)) {
        lives.put(event.block(), lives.getOrDefault(after.block(), after.block()));
        i++;
      } else {
        out.add(event.of(lives.getOrDefault(event.block(), event.block())));
      }
    }
    return out;
  }
}
