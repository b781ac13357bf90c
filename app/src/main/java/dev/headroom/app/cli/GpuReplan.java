package dev.headroom.app.cli;

import dev.headroom.lever.Replan;
import dev.headroom.lever.Setting;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.LargestBatch;
import org.jspecify.annotations.Nullable;

/** Plans of changed trainings for the card of a question. */
record GpuReplan(GpuPlan.Question question) implements Replan {
  @Override
  public long bytes(Setting setting, long batch) {
    return GpuPlan.usedBytes(changed(setting), batch);
  }

  @Override
  public @Nullable LargestBatch largest(Setting setting) {
    return GpuPlan.largest(changed(setting));
  }

  private GpuPlan.Question changed(Setting setting) {
    return new GpuPlan.Question(
        setting.graph(),
        setting.recipe(),
        question.program(),
        question.device(),
        setting.allocator(),
        question.samples(),
        question.budgetBytes());
  }
}
