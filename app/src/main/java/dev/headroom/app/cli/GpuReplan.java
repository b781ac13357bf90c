package dev.headroom.app.cli;

import dev.headroom.ledger.Ledger;
import dev.headroom.lever.Replan;
import dev.headroom.lever.Setting;
import dev.headroom.paper.FlopCounter;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.PaperTraining;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans of changed trainings for the card of a question. */
record GpuReplan(GpuQuestion question) implements Replan {
  @Override
  public long bytes(Setting setting, long batch) {
    return GpuPlan.usedBytes(changed(setting), batch);
  }

  @Override
  public Ledger ledger(Setting setting, long batch) {
    return PaperTraining.ledger(
        setting.graph(),
        PaperTraining.withFewPasses(setting.recipe()),
        question.device().backend(),
        List.of(batch, batch),
        0);
  }

  @Override
  public long liveLimit() {
    return question.limitBytes() - question.device().contextLeastBytes();
  }

  @Override
  public boolean fits(Setting setting, long batch) {
    return new GpuLimits(changed(setting)).surely(batch);
  }

  @Override
  public FlopCounter flops(Setting setting, long batch) {
    return PaperTraining.flops(
        setting.graph(), setting.recipe(), question.device().backend(), batch);
  }

  @Override
  public @Nullable LargestBatch largest(Setting setting) {
    return new GpuLimits(changed(setting)).largest();
  }

  private GpuQuestion changed(Setting setting) {
    return question.with(setting.graph(), setting.recipe(), setting.allocator());
  }
}
