package dev.headroom.app.cli;

import dev.headroom.lever.Replan;
import dev.headroom.lever.Setting;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import org.jspecify.annotations.Nullable;

/** Plans of changed trainings for the card of a question. */
record GpuReplan(GpuQuestion question) implements Replan {
  @Override
  public long bytes(Setting setting, long batch) {
    return GpuPlan.usedBytes(changed(setting), batch);
  }

  @Override
  public @Nullable LargestBatch largest(Setting setting) {
    return new GpuLimits(changed(setting)).largest();
  }

  private GpuQuestion changed(Setting setting) {
    return question.with(setting.graph(), setting.recipe(), setting.allocator());
  }
}
