package dev.headroom.bench;

import dev.headroom.allocator.AllocatorSettings;
import dev.headroom.allocator.CachingAllocator;
import dev.headroom.device.Device;
import dev.headroom.graph.Graph;
import dev.headroom.importers.device.DeviceCatalogue;
import dev.headroom.ledger.Ledger;
import dev.headroom.loop.LoopDescription;
import dev.headroom.plan.GpuLimits;
import dev.headroom.plan.GpuQuestion;
import dev.headroom.plan.GpuRun;
import dev.headroom.plan.LargestBatch;
import dev.headroom.plan.PaperTraining;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A plan with replay of a transformer of 24 layers (GPT, 406 million parameters, Adam). */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PlanBenchmark {
  private final Graph graph =
      Zoo.build(
          "gpt",
          Options.none()
              .with("layers", 24)
              .with("width", 1024)
              .with("heads", 16)
              .with("sequence", 512)
              .with("vocab", 50257));
  private final Recipe recipe = Recipe.of(Optimizer.ADAM).with(Optimizer.Form.FOREACH);
  private final Graph resnet50 = Zoo.build("resnet50", Options.none());
  private final Device card = Objects.requireNonNull(DeviceCatalogue.find("rtx3090"));
  private final Device device = Objects.requireNonNull(DeviceCatalogue.find("a100-80gb"));

  /** Set-up, iterations 1 and 2, a last, partial batch, and their replay. */
  @Benchmark
  public long loop() {
    Ledger ledger = PaperTraining.ledger(graph, recipe, device.backend(), List.of(4L, 4L, 1L), 0);
    CachingAllocator allocator = device.allocator(AllocatorSettings.DEFAULT);
    int[] handles = new int[ledger.blockCount()];
    for (int i = 0; i < ledger.size(); i++) {
      int block = ledger.block(i);
      if (ledger.delta(i) > 0) {
        handles[block] = allocator.allocate(ledger.delta(i), 0);
      } else {
        allocator.free(handles[block]);
      }
    }
    return allocator.reservedBytes();
  }

  /** Three epochs of 251 steps, as {@code plan --samples 1001} answers for. */
  @Benchmark
  public long epochs() {
    GpuQuestion question =
        new GpuQuestion(
            graph, recipe, LoopDescription.PLAIN, device, AllocatorSettings.DEFAULT, 1001, 0, null);
    return GpuRun.of(question, 4, Long.MAX_VALUE)
        .peakReservedBytes();
  }

  /** The largest batch of ResNet-50 on a card of 24 GB: from what surely fits to what fails. */
  @Benchmark
  public @Nullable LargestBatch largestBatch() {
    return new GpuLimits(
            new GpuQuestion(
                resnet50,
                recipe,
                LoopDescription.PLAIN,
                card,
                AllocatorSettings.DEFAULT,
                0,
                0,
                null))
        .largest();
  }
}
