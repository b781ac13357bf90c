package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.graph.Graph;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Recipe;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import dev.headroom.zoo.Mlp;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** From what the user typed to a network, a recipe and the size of a data set. */
final class Setup {
  private static final String DEFAULT_DATA = "digits";
  private static final List<Integer> DEFAULT_HIDDEN = List.of(128);
  private static final int DEFAULT_CLASSES = 10;

  final Graph graph;
  final Recipe recipe;
  final String data;
  final int trainSize;
  final int testSize;

  Setup(String network, RecipeOptions options) {
    List<Integer> input = options.input;
    if (options.data != null && input != null) {
      throw new UsageException("--data and --input cannot go together", "Leave one of them out.");
    }
    data = options.data == null ? DEFAULT_DATA : options.data;
    long values;
    int classes;
    if (input == null) {
      Datasets.Facts facts = Datasets.facts(data);
      values = facts.format().values();
      classes = facts.classes();
      trainSize = facts.trainSize();
      testSize = facts.testSize();
    } else {
      values =
          TensorType.of(DType.FLOAT32, input.stream().map(Integer::longValue).toList()).elements();
      classes = DEFAULT_CLASSES;
      trainSize = 0;
      testSize = 0;
    }
    graph = network(network, values, options.hidden, classes);
    recipe = recipe(options);
  }

  static Graph network(String name, long inputs, @Nullable List<Integer> hidden, int classes) {
    if (name.equals("mlp")) {
      return Mlp.build(inputs, hidden == null ? DEFAULT_HIDDEN : hidden, classes);
    }
    if (name.contains(".") || name.contains("/")) {
      throw new InputException(
          "network files cannot be read yet, and " + name + " is no built-in network",
          "Built in: mlp.");
    }
    throw new UsageException("there is no network '" + name + "'", "Built in: mlp.");
  }

  static Recipe recipe(RecipeOptions options) {
    Optimizer optimizer = Optimizer.valueOf(options.optimizer.toUpperCase(Locale.ROOT));
    Form form =
        switch (options.optimizerImpl) {
          case "foreach" -> Form.FOREACH;
          case "fused" -> Form.FUSED;
          // torch.optim's own choice on the CPU.
          default -> Form.FOR_LOOP;
        };
    if (!optimizer.has(form)) {
      throw new UsageException(
          "PyTorch has no " + form.label() + " form of " + optimizer.label(),
          "Use --optimizer-impl for-loop or foreach.");
    }
    return new Recipe(
        optimizer,
        form,
        options.learningRate == null ? optimizer.defaultLearningRate() : options.learningRate,
        options.accumulate,
        BatchArrival.valueOf(options.batchArrival.toUpperCase(Locale.ROOT)));
  }
}
