package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.device.Device;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.device.DeviceCatalogue;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What cuDNN may keep of an LSTM for backward separates what surely fits from what may fit. */
class CudnnReserveTest {
  private static final Device CARD = Objects.requireNonNull(DeviceCatalogue.find("rtx3090"));

  @Test
  void tenValuesForEachStepSampleAndUnitAreKeptWhereTheMostIsReckonedWith() {
    long steps = 32;
    long batch = 16;
    long units = 128;
    assertThat(kept(batch, true) - kept(batch, false)).isEqualTo(steps * batch * units * 10 * 4);
  }

  @Test
  void theIntervalIsAsWideAsTheReserveAndThePlanSaysSo() {
    GpuQuestion question =
        new GpuQuestion(
            network(),
            Recipe.of(Optimizer.ADAM),
            LoopDescription.PLAIN,
            CARD,
            AllocatorSettings.DEFAULT,
            0,
            0,
            null);
    LargestBatch largest = Objects.requireNonNull(new GpuLimits(question).largest());
    assertThat((double) largest.fits() / largest.failsAt()).isBetween(0.2, 0.9);
    assertThat(GpuPlan.of(question, largest.recommended()).assumptions())
        .anyMatch(line -> line.contains("recurrent layer"));
  }

  private static long kept(long batch, boolean most) {
    Backend backend = CARD.backend().withLibraryWorkspaces(most);
    Ledger ledger =
        PaperTraining.ledger(
            network(), Recipe.of(Optimizer.ADAM), backend, List.of(batch, batch), 0);
    return new Timeline(ledger).bytes(Category.ACTIVATION);
  }

  private static Graph network() {
    return Zoo.build("lstm", Options.none());
  }
}
