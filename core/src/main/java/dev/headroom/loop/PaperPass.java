package dev.headroom.loop;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.paper.PaperEngine;
import dev.headroom.paper.PaperTensor;
import java.util.ArrayList;
import java.util.List;

/** One pass of a network on paper by itself, to see what its calls return. */
public final class PaperPass {
  private PaperPass() {}

  /**
   * Runs a network whose inputs and parameters are made for it; parameters take gradients as they
   * do in training where the engine records them.
   *
   * @param runner of the graph, on that engine
   * @return its first output
   * @throws dev.headroom.op.UnsupportedOperatorException if an operator has no rule
   */
  public static PaperTensor run(
      PaperEngine engine, GraphRunner<PaperTensor> runner, Graph graph, long batch) {
    List<PaperTensor> inputs = new ArrayList<>();
    for (int i = 0; i < graph.inputs().size(); i++) {
      Input input = graph.inputs().get(i);
      PaperTensor tensor = engine.empty(input.type(batch), Category.PARAMETER);
      if (input.kind() == Input.Kind.USER) {
        inputs.add(tensor);
        continue;
      }
      if (engine.isGradEnabled() && input.kind() == Input.Kind.PARAMETER && input.requiresGrad()) {
        engine.requireGrad(tensor);
      }
      runner.bind(i, tensor);
    }
    return runner.run(inputs);
  }
}
