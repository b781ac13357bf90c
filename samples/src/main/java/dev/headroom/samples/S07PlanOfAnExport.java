package dev.headroom.samples;

import dev.headroom.engine.Backend;
import dev.headroom.graph.Graph;
import dev.headroom.importers.NetworkFiles;
import dev.headroom.plan.Plan;
import dev.headroom.plan.Planner;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.Bytes;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A plan for what {@code torch.export.save} wrote, without Python on the machine. The file here is
 * a LeNet; name your own instead.
 */
public final class S07PlanOfAnExport {
  private S07PlanOfAnExport() {}

  /** Prints the plan of the file named, or of the one beside the samples. */
  public static void main(String... args) throws IOException {
    String file = args.length > 0 ? args[0] : "samples/lenet5.pt2";
    Graph graph = NetworkFiles.read(Path.of(file), null).graph();
    Plan plan = new Planner(graph, Recipe.of(Optimizer.ADAM), Backend.cpu(), 0, 0).plan(64, null);
    IO.println(
        "%s: %,d parameters, %d calls"
            .formatted(graph.name(), graph.parameterCount(), graph.nodes().size()));
    IO.println(
        "batch 64 peaks at %s, in %s (%s)"
            .formatted(
                Bytes.format(plan.peak().liveBytes()),
                plan.peak().span().phase(),
                plan.peak().span().work()));
  }
}
