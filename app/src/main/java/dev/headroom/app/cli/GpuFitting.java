package dev.headroom.app.cli;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.app.Terminal;
import dev.headroom.app.UsageException;
import dev.headroom.app.fit.ProbeRunner;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.LargestBatch;
import dev.headroom.report.GpuPlanReport;
import dev.headroom.tensor.Bytes;
import dev.headroom.torch.Cuda;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fits into the memory of a GPU: the plan's allocator against the real one, which may reserve as
 * much as the budget leaves beside the CUDA context.
 */
final class GpuFitting implements Fitting {
  private static final String ALLOCATOR = "PYTORCH_CUDA_ALLOC_CONF";

  private final GpuCard card;
  private final GpuQuestion question;
  private final GpuPlan plan;
  private final @Nullable LargestBatch planned;
  private final Setup setup;
  private final List<String> words;

  /**
   * Plans.
   *
   * @param device {@code cuda}, {@code cuda:N}, or a card as {@code plan --device} has it
   * @param words the network and its options, as a probe shall have them
   * @throws dev.headroom.torch.EngineUnavailableException without libtorch for CUDA
   * @throws dev.headroom.app.UnavailableException without a GPU
   */
  GpuFitting(
      String network, RecipeOptions options, String device, List<String> words, Terminal terminal)
      throws IOException {
    Cuda.requireBuild();
    setup = new Setup(network, options, true).withAnyBatch();
    if (!setup.recipe.checkpoint().isNone()) {
      throw new UsageException(
          "--checkpoint runs on the CPU alone, so fit cannot try it on a GPU",
          "headroom plan --device answers for it.");
    }
    this.words = words;
    card = GpuCard.named(device);
    String conf = System.getenv(ALLOCATOR);
    question =
        new GpuQuestion(
            setup.graph,
            setup.recipe,
            LoopDescription.PLAIN,
            card.device(),
            conf == null ? AllocatorSettings.DEFAULT : ReplayCommand.settings(conf),
            setup.data.trainSize,
            setup.data.testSize,
            options.budgetBytes);
    terminal.note("planning for " + card.device().title());
    GpuLimits limits = new GpuLimits(question);
    planned = limits.largest();
    plan = GpuPlan.of(limits, planned == null ? 1 : Math.max(1, planned.recommended()));
  }

  @Override
  public @Nullable LargestBatch planned() {
    return planned;
  }

  @Override
  public long predictedBytes(long batch) {
    return GpuPlan.reservedBytes(question, batch);
  }

  @Override
  public ProbeRunner runner(double secondsEach) {
    // Here, since a probe has little time.
    Cuda.prepare();
    List<String> probe = new ArrayList<>(ProbeCommand.words(words, question.reservableBytes()));
    probe.add("--cuda");
    return ProbeRunner.keeping(probe, card.environment(), secondsEach);
  }

  @Override
  public String within() {
    return budget() + ", the CUDA context in it";
  }

  @Override
  public String budget() {
    return Bytes.format(question.limitBytes()) + " of " + card.device().title();
  }

  @Override
  public boolean mayFit() {
    return plan.fits() != GpuPlan.Fit.NOT;
  }

  @Override
  public int trainSize() {
    return setup.data.trainSize;
  }

  @Override
  public Names names() {
    return new Names(
        List.of("predicted", "allocated", "reserved"),
        List.of("predictedReservedBytes", "peakAllocatedBytes", "peakReservedBytes"));
  }

  @Override
  public Map<String, Object> json() {
    return new GpuPlanReport(plan, setup.assumptions).json();
  }
}
