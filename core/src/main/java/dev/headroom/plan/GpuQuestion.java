package dev.headroom.plan;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.device.Device;
import dev.headroom.graph.Graph;
import dev.headroom.loop.LoopDescription;
import dev.headroom.recipe.Recipe;
import org.jspecify.annotations.Nullable;

/**
 * What a plan for a GPU answers.
 *
 * @param graph the network
 * @param recipe what the loop adds
 * @param program what the program does around it
 * @param device the card
 * @param settings the allocator's
 * @param samples size of the data set, 0 if unknown
 * @param testSamples size of the validation set, 0 for no validation
 * @param budgetBytes what the card may show as used, or null for all it has
 */
public record GpuQuestion(
    Graph graph,
    Recipe recipe,
    LoopDescription program,
    Device device,
    AllocatorSettings settings,
    long samples,
    long testSamples,
    @Nullable Long budgetBytes) {

  /** What the card may show as used: never more than programs can have of it. */
  public long limitBytes() {
    long all = device.totalMemoryBytes();
    return budgetBytes == null ? all : Math.min(budgetBytes, all);
  }

  /** What the allocator may reserve within that. */
  public long reservableBytes() {
    return Math.max(0, limitBytes() - device.contextBytes());
  }

  /** The same for another training on the same card. */
  public GpuQuestion with(Graph otherGraph, Recipe otherRecipe, AllocatorSettings otherSettings) {
    return new GpuQuestion(
        otherGraph, otherRecipe, program, device, otherSettings, samples, testSamples, budgetBytes);
  }

  /** The same as if the data set were large enough for any batch. */
  GpuQuestion withoutEnd() {
    return new GpuQuestion(graph, recipe, program, device, settings, 0, testSamples, budgetBytes);
  }

  /** Whether a micro-batch is larger than the data set has samples for. */
  boolean isBeyondData(long batch) {
    return Math.multiplyExact(batch, (long) recipe.accumulate()) > samples;
  }
}
