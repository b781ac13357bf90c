package dev.headroom.app.cli;

import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Terminal;
import dev.headroom.device.Device;
import dev.headroom.importers.snapshot.SnapshotWriter;
import dev.headroom.plan.GpuPlan;
import dev.headroom.plan.LargestBatch;
import dev.headroom.report.GpuPlanReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** {@code plan} for a GPU. */
final class GpuPlanning {
  private GpuPlanning() {}

  static Exit run(Terminal terminal, Setup setup, RecipeOptions options, GpuOptions gpu)
      throws IOException {
    Device device = DeviceOption.gpu(gpu.device);
    long samples = gpu.samples == null ? setup.trainSize : gpu.samples;
    GpuPlan.Question question =
        new GpuPlan.Question(
            setup.graph,
            setup.recipe,
            gpu.program(),
            device,
            gpu.settings(),
            samples,
            options.budgetBytes);
    GpuPlan plan = GpuPlan.of(question, batch(question, options));
    GpuPlanReport report = new GpuPlanReport(plan, setup.assumptions);
    if (gpu.snapshot != null) {
      write(plan, gpu.snapshot);
      terminal.note("wrote " + gpu.snapshot);
    }
    if (terminal.wantsJson()) {
      terminal.json(report.json());
    } else {
      report.text().forEach(terminal::println);
    }
    return plan.fits() ? Exit.OK : Exit.DOES_NOT_FIT;
  }

  private static long batch(GpuPlan.Question question, RecipeOptions options) {
    if (options.batch != null) {
      return options.batch;
    }
    if (options.budgetBytes == null) {
      return PlanCommand.DEFAULT_BATCH;
    }
    LargestBatch largest = GpuPlan.largest(question);
    return largest == null ? 1 : largest.recommended();
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
