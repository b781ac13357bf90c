package dev.headroom.torch.op;

import static dev.headroom.torch.op.Sample.f;
import static dev.headroom.torch.op.Sample.ints;
import static dev.headroom.torch.op.Sample.longs;
import static dev.headroom.torch.op.Sample.nhwc;
import static dev.headroom.torch.op.Sample.of;

import dev.headroom.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Normalisations, pooling, resampling, padding, dropout and embeddings. */
class LayersEqualLibtorchTest {
  static Stream<OpCase> cases() {
    List<OpCase> out = new ArrayList<>();
    batchNorms(out);
    normalisations(out);
    pooling(out);
    resampling(out);
    dropout(out);
    embeddings(out);
    bags(out);
    fractionalPooling(out);
    return out.stream();
  }

  private static void batchNorms(List<OpCase> out) {
    for (boolean training : new boolean[] {true, false}) {
      for (Sample x : List.of(f(4, 3, 5, 6), f(4, 6, 3).swapped(1, 2), nhwc(4, 3, 5, 6), f(6, 3))) {
        for (boolean affine : new boolean[] {true, false}) {
          out.add(
              OpCase.of(
                  "aten.batch_norm.default",
                  x,
                  affine ? f(3) : null,
                  affine ? f(3) : null,
                  f(3).noGrad(),
                  f(3).noGrad(),
                  training,
                  0.1,
                  1e-5,
                  true));
        }
      }
    }
  }

  private static void normalisations(List<OpCase> out) {
    // One value per channel, in half precision with float32 parameters, as under autocast.
    Sample half = of(DType.BFLOAT16, 4, 6, 1, 1).wantsGrad();
    out.add(
        OpCase.of(
            "aten.batch_norm.default",
            half,
            f(6),
            f(6),
            f(6).noGrad(),
            f(6).noGrad(),
            true,
            0.1,
            1e-5,
            true));
    Sample six = of(DType.BFLOAT16, 6).wantsGrad();
    Sample rows = of(DType.BFLOAT16, 4, 6).wantsGrad();
    out.add(OpCase.of("aten.rms_norm.default", rows, longs(6), f(6)));
    out.add(OpCase.of("aten.rms_norm.default", rows, longs(6), six));
    out.add(OpCase.of("aten.rms_norm.default", rows, longs(6)));
    out.add(OpCase.of("aten.group_norm.default", f(2, 6, 4, 5), 3L, f(6), f(6)));
    out.add(OpCase.of("aten.group_norm.default", f(2, 6, 4, 5), 3L));
    out.add(OpCase.of("aten.group_norm.default", f(2, 6, 5), 2L, f(6), f(6)));
    out.add(OpCase.of("aten.group_norm.default", f(2, 6, 4, 5).noGrad(), 3L, f(6), f(6)));
    out.add(OpCase.of("aten.group_norm.default", nhwc(2, 6, 4, 5), 3L, f(6), f(6)));
    out.add(OpCase.of("aten.group_norm.default", f(2, 5, 6).swapped(1, 2), 3L, f(6), f(6)));
    out.add(OpCase.of("aten.rms_norm.default", f(2, 3, 4), longs(4), f(4)));
    out.add(OpCase.of("aten.rms_norm.default", f(2, 3, 4), longs(4)));
    out.add(OpCase.of("aten.rms_norm.default", f(2, 3, 4), longs(4), f(4), 1e-6));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 3, 4), longs(4), f(4), f(4)));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 3, 4), longs(4)));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 3, 4), longs(4), f(4)));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 3, 4), longs(3, 4), f(3, 4), f(3, 4)));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 4, 3).swapped(1, 2), longs(4), f(4), f(4)));
    out.add(OpCase.of("aten.layer_norm.default", f(2, 3, 4).noGrad(), longs(4), f(4), f(4)));
  }

  private static void pooling(List<OpCase> out) {
    out.add(OpCase.of("aten.avg_pool2d.default", f(2, 3, 8, 8), longs(2, 2)));
    out.add(
        OpCase.of("aten.avg_pool2d.default", f(2, 3, 8, 8), longs(3, 3), longs(2, 2), longs(1, 1)));
    out.add(OpCase.of("aten.avg_pool2d.default", nhwc(2, 3, 8, 8), longs(2, 2)));
    out.add(OpCase.of("aten.avg_pool1d.default", f(2, 3, 8), longs(2)));
    out.add(OpCase.of("aten.avg_pool3d.default", f(2, 3, 4, 4, 4), longs(2, 2, 2)));
    out.add(OpCase.of("aten.max_pool2d.default", f(2, 3, 8, 8), longs(2, 2)));
    out.add(
        OpCase.of("aten.max_pool2d.default", f(2, 3, 8, 8), longs(3, 3), longs(2, 2), longs(1, 1)));
    out.add(OpCase.of("aten.max_pool2d.default", nhwc(2, 3, 8, 8), longs(2, 2)));
    out.add(OpCase.of("aten.max_pool1d.default", f(2, 3, 8), longs(2)));
    out.add(OpCase.of("aten.max_pool3d.default", f(2, 3, 4, 4, 4), longs(2, 2, 2)));
    out.add(OpCase.of("aten.adaptive_avg_pool2d.default", f(2, 3, 8, 8), longs(1, 1)));
    out.add(OpCase.of("aten.adaptive_avg_pool2d.default", f(2, 3, 8, 8), longs(2, 4)));
    out.add(OpCase.of("aten.adaptive_avg_pool2d.default", f(2, 3, 8, 8), longs(8, 8)));
    out.add(OpCase.of("aten.adaptive_avg_pool2d.default", nhwc(2, 3, 8, 8), longs(1, 1)));
    out.add(OpCase.of("aten.adaptive_avg_pool1d.default", f(2, 3, 8), longs(1)));
    out.add(OpCase.of("aten.adaptive_avg_pool1d.default", f(2, 3, 8), longs(4)));
    out.add(OpCase.of("aten.adaptive_avg_pool3d.default", f(2, 3, 4, 4, 4), longs(1, 1, 1)));
    out.add(OpCase.of("aten.adaptive_avg_pool3d.default", f(2, 3, 4, 4, 4), longs(2, 2, 2)));
    out.add(OpCase.of("aten.adaptive_max_pool2d.default", f(2, 3, 8, 8), longs(2, 2)));
    out.add(OpCase.of("aten.adaptive_max_pool1d.default", f(2, 3, 8), longs(2)));
    out.add(OpCase.of("aten.adaptive_max_pool3d.default", f(2, 3, 4, 4, 4), longs(2, 2, 2)));
  }

  private static void resampling(List<OpCase> out) {
    out.add(OpCase.of("aten.upsample_nearest2d.vec", f(2, 3, 4, 4), null, List.of(2.0, 2.0)));
    out.add(OpCase.of("aten.upsample_nearest2d.vec", f(2, 3, 4, 4), longs(8, 8), null));
    out.add(OpCase.of("aten.upsample_nearest2d.vec", nhwc(2, 3, 4, 4), longs(8, 8), null));
    out.add(OpCase.of("aten.upsample_nearest1d.vec", f(2, 3, 4), null, List.of(2.0)));
    out.add(
        OpCase.of("aten.upsample_nearest3d.vec", f(2, 3, 4, 4, 4), null, List.of(2.0, 2.0, 2.0)));
    out.add(
        OpCase.of("aten.upsample_bilinear2d.vec", f(2, 3, 4, 4), null, false, List.of(2.0, 2.0)));
    out.add(OpCase.of("aten.upsample_bilinear2d.vec", f(2, 3, 4, 4), longs(8, 6), true, null));
    out.add(OpCase.of("aten.upsample_bilinear2d.vec", nhwc(2, 3, 4, 4), longs(8, 6), true, null));
    out.add(
        OpCase.of("aten.upsample_bicubic2d.vec", f(2, 3, 4, 4), null, false, List.of(2.0, 2.0)));
    out.add(OpCase.of("aten.upsample_linear1d.vec", f(2, 3, 4), null, false, List.of(2.0)));
    out.add(
        OpCase.of(
            "aten.upsample_trilinear3d.vec",
            f(2, 3, 4, 4, 4),
            null,
            false,
            List.of(2.0, 2.0, 2.0)));
    out.add(OpCase.of("aten.upsample_nearest2d.default", f(2, 3, 4, 4), longs(8, 8)));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(1, 1, 1, 1)));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(1, 1, 1, 1), "constant", 0.0));
    out.add(OpCase.of("aten.pad.default", nhwc(2, 3, 4, 4), longs(1, 1, 1, 1)));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(-1, 1, 0, 0)));
    out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(1, 2)));
    out.add(OpCase.of("aten.constant_pad_nd.default", f(2, 3, 4, 4), longs(1, 2), 0.5));
    for (String mode : List.of("reflect", "replicate")) {
      out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4), longs(1, 1, 1, 1), mode));
      out.add(OpCase.of("aten.pad.default", f(2, 3, 4), longs(1, 1), mode));
      out.add(OpCase.of("aten.pad.default", f(2, 3, 4, 4, 4), longs(1, 1, 1, 1, 1, 1), mode));
    }
    out.add(OpCase.of("aten.pixel_shuffle.default", f(2, 8, 4, 4), 2L));
    out.add(OpCase.of("aten.pixel_unshuffle.default", f(2, 2, 4, 4), 2L));
    out.add(OpCase.of("aten.pixel_shuffle.default", nhwc(2, 8, 4, 4), 2L));
    out.add(OpCase.of("aten.channel_shuffle.default", f(2, 8, 4, 4), 2L));
  }

  private static void dropout(List<OpCase> out) {
    out.add(OpCase.of("aten.dropout.default", f(2, 3), 0.5, true));
    out.add(OpCase.of("aten.dropout.default", f(2, 3), 0.5, false));
    out.add(OpCase.of("aten.dropout.default", f(2, 3), 0.0, true));
    out.add(OpCase.of("aten.dropout.default", nhwc(2, 3, 4, 4), 0.5, true));
    out.add(OpCase.of("aten.dropout_.default", f(2, 3), 0.5, true));
    out.add(OpCase.of("aten.dropout_.default", f(2, 3), 0.5, false));
    out.add(OpCase.of("aten.feature_dropout.default", f(2, 3, 4, 4), 0.5, true));
    out.add(OpCase.of("aten.feature_dropout.default", f(2, 3, 4, 4), 0.5, false));
    out.add(OpCase.of("aten.feature_dropout_.default", f(2, 3, 4, 4), 0.5, true));
    out.add(OpCase.of("aten.alpha_dropout.default", f(2, 3), 0.5, true));
    out.add(OpCase.of("aten.alpha_dropout.default", f(2, 3), 0.5, false));
    out.add(OpCase.of("aten.alpha_dropout_.default", f(2, 3), 0.5, true));
    out.add(OpCase.of("aten.feature_alpha_dropout.default", f(2, 3, 4, 4), 0.5, true));
  }

  private static void embeddings(List<OpCase> out) {
    Sample index = ints(longs(0, 1, 2, 1), 2, 4);
    out.add(OpCase.of("aten.embedding.default", f(5, 3), index));
    out.add(OpCase.of("aten.embedding.default", f(5, 3), index, 0L));
  }

  private static void bags(List<OpCase> out) {
    String bag = "aten.embedding_bag.padding_idx";
    Sample table = f(5, 4);
    Sample rows = ints(longs(0, 1, 4, 2), 6);
    Sample starts = ints(longs(0, 2, 3), 3);
    Sample ends = ints(longs(0, 2, 3, 6), 4);
    for (Long padding : Arrays.asList(null, 1L)) {
      for (Sample samples : List.of(f(6), f(6).noGrad())) {
        out.add(OpCase.of(bag, table, rows, starts, false, 0L, false, samples, false, padding));
        out.add(OpCase.of(bag, table, rows, ends, false, 0L, false, samples, true, padding));
      }
      Sample fixed = table.noGrad();
      out.add(OpCase.of(bag, fixed, rows, starts, false, 0L, false, f(6), false, padding));
    }
    for (long mode = 0; mode < 3; mode++) {
      out.add(OpCase.of(bag, table, rows, ends, false, mode, false, null, true, null));
      out.add(OpCase.of(bag, table, rows, starts, true, mode, false, null, false, null));
    }
  }

  private static void fractionalPooling(List<OpCase> out) {
    Sample random = f(2, 3, 2).noGrad();
    Sample image = f(2, 3, 8, 8);
    out.add(
        OpCase.of("aten.fractional_max_pool2d.default", image, longs(2, 2), longs(3, 3), random));
    Sample more = f(2, 3, 3).noGrad();
    out.add(
        OpCase.of(
            "aten.fractional_max_pool3d.default",
            f(2, 3, 8, 8, 8),
            longs(2, 2, 2),
            longs(3, 3, 3),
            more));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void typesEventsAndSavedBytesAreEqual(OpCase c) {
    Differential.check(c);
  }
}
