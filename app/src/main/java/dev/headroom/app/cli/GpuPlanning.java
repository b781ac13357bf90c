package dev.headroom.app.cli;

import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.device.Device;
import dev.headroom.importers.snapshot.SnapshotWriter;
import dev.headroom.lever.Lever;
import dev.headroom.lever.Levers;
import dev.headroom.lever.Setting;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.recipe.Precision;
import dev.headroom.report.GpuPlanReport;
import dev.headroom.report.LeverReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code plan} for a GPU. */
final class GpuPlanning {
  /** Ampere: the first compute capability with bfloat16 units. */
  private static final int FIRST_BF16 = 80;

  private GpuPlanning() {}

  static Exit run(
      Terminal terminal,
      Setup setup,
      RecipeOptions options,
      GpuOptions gpu,
      LeverOptions leverOptions,
      Supplier<List<Lever>> smaller)
      throws IOException {
    Device device = DeviceOption.gpu(gpu.device);
    long samples = gpu.samples == null ? setup.data.trainSize : gpu.samples;
    GpuQuestion question =
        new GpuQuestion(
            setup.graph,
            setup.recipe,
            gpu.program(),
            device,
            gpu.settings(),
            samples,
            setup.data.testSize,
            options.budgetBytes);
    GpuLimits limits = new GpuLimits(question);
    GpuPlan plan = GpuPlan.of(limits, batch(limits, setup, options));
    GpuPlanReport report = new GpuPlanReport(plan, notes(setup, device, gpu.samples));
    if (gpu.snapshot != null) {
      write(plan, gpu.snapshot);
      terminal.note("wrote " + gpu.snapshot);
    }
    boolean none = plan.largestBatch() == null && setup.graph.ownBatch().isEmpty();
    LeverReport levers =
        leverOptions.report(
            setup,
            () ->
                new Levers(
                    new Setting(setup.graph, setup.recipe, gpu.settings()),
                    new GpuReplan(question),
                    true,
                    hasBf16(device),
                    smaller.get()),
            plan.batch(),
            (none && plan.batch() > 1 ? GpuPlan.of(limits, 1) : plan).timeline().peak(),
            none,
            samples);
    return PlanCommand.print(
        terminal, report.json(), report.text(), levers, plan.fits() != GpuPlan.Fit.NOT);
  }

  private static List<String> notes(Setup setup, Device device, @Nullable Integer samples) {
    List<String> notes = new ArrayList<>(setup.assumptions);
    if (samples == null && setup.data.name != null) {
      notes.add(
          String.format(
              Locale.ROOT,
              "the data set is %s: %,d images to train on, %,d for validation (--data, --samples)",
              setup.data.name,
              setup.data.trainSize,
              setup.data.testSize));
    }
    if (setup.recipe.precision() == Precision.BF16 && !hasBf16(device)) {
      notes.add(
          String.format(
              Locale.ROOT,
              "a card of compute capability %.1f has no units for bfloat16: PyTorch computes it"
                  + " there all the same, but slowly; --precision fp16 takes as many bytes",
              device.computeCapability() / 10.0));
    }
    return notes;
  }

  private static boolean hasBf16(Device device) {
    return device.computeCapability() >= FIRST_BF16;
  }

  private static long batch(GpuLimits limits, Setup setup, RecipeOptions options) {
    if (options.batch != null || setup.graph.ownBatch().isPresent()) {
      return setup.batch(options.batch);
    }
    return PlanCommand.unnamed(limits.largest(), options.budgetBytes != null);
  }

  private static void write(GpuPlan plan, @Nullable Path file) throws IOException {
    if (file == null) {
      return;
    }
    byte[] pickle = SnapshotWriter.pickle(plan);
    try {
      Files.write(file, pickle);
    } catch (IOException e) {
      throw new InputException(
          file + " cannot be written: " + e.getMessage(), "Name another file for --snapshot.", e);
    }
  }
}
