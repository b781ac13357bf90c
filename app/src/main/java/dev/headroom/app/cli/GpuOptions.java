package dev.headroom.app.cli;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.app.Choice;
import dev.headroom.app.UsageException;
import dev.headroom.loop.LoopDescription;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a plan is for, and what the program does around the steps. */
final class GpuOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cpu (default), a card such as rtx3090, or a JSON file of your own.")
  String device = "cpu";

  @Option(
      names = "--loop",
      paramLabel = "NAME",
      converter = LoopName.class,
      description = "The program around the steps: plain (default) or gpumemnet-mlp; GPU only.")
  String loop = LoopDescription.PLAIN.name();

  @Option(
      names = "--samples",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Size of the data set where no --data says it: gives the last, partial batch.")
  @Nullable Integer samples;

  @Option(
      names = "--alloc-conf",
      paramLabel = "CONF",
      description = "PYTORCH_CUDA_ALLOC_CONF, such as expandable_segments:True; GPU only.")
  @Nullable String allocConf;

  @Option(
      names = "--snapshot",
      paramLabel = "FILE",
      description = "Write the plan as a snapshot that PyTorch's memory_viz page opens; GPU only.")
  @Nullable Path snapshot;

  /** A loop that is known. */
  static final class LoopName extends Choice {
    LoopName() {
      super(LoopDescription.all().stream().map(LoopDescription::name).toArray(String[]::new));
    }
  }

  boolean isGpu() {
    boolean gpu = !device.equalsIgnoreCase("cpu");
    if (!gpu && (allocConf != null || snapshot != null || !loop.equals("plain"))) {
      throw new UsageException(
          "--loop, --alloc-conf and --snapshot are about a GPU", "Add --device, such as rtx3090.");
    }
    return gpu;
  }

  LoopDescription program() {
    LoopDescription known = LoopDescription.find(loop);
    return known == null ? LoopDescription.PLAIN : known;
  }

  AllocatorSettings settings() {
    return allocConf == null ? AllocatorSettings.DEFAULT : ReplayCommand.settings(allocConf);
  }
}
