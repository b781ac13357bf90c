package dev.headroom.app.cli;

import dev.headroom.app.InputException;
import dev.headroom.graph.Graph;
import dev.headroom.loop.NodeException;
import dev.headroom.loop.Target;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Recipe;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What a command's loss holds the network's output against, and how that is said. */
final class LossTarget {
  private final Graph graph;
  private final Recipe recipe;
  private final boolean fromFile;

  /**
   * For a network and a loss.
   *
   * @param fromFile whether the network is a file, whose maker may have trained it otherwise
   */
  LossTarget(Graph graph, Recipe recipe, boolean fromFile) {
    this.graph = graph;
    this.recipe = recipe;
    this.fromFile = fromFile;
  }

  /**
   * What the loss holds the output against.
   *
   * @throws UnsupportedOperatorException if no rule says it
   * @throws InputException if the loss and the output do not go together
   */
  Target target() {
    try {
      return Target.of(graph, recipe);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          String.valueOf(e.getMessage()), "--loss and --target-shape say it otherwise.", e);
    }
  }

  /** The same; null where no rule says it. */
  @Nullable Target targetIfKnown() {
    try {
      return target();
    } catch (UnsupportedOperatorException e) {
      return null;
    }
  }

  /** Whether it is one number of a class for each sample; where no rule says, that is hoped. */
  boolean isClassOfSample() {
    Target target = targetIfKnown();
    return target == null || target.isClassOfSample();
  }

  /**
   * Fails where the loss wants something else than a set's labels.
   *
   * @param data the set, which gives one number of a class for each sample
   */
  void requireClassOfSample(String data) {
    if (!isClassOfSample()) {
      throw new InputException(
          graph.name()
              + (recipe.loss() == Loss.NONE
                  ? " returns its loss itself"
                  : " is held against " + target())
              + ", "
              + data
              + " gives the number of one class for each image",
          "Choose a --loss over classes (cross_entropy, nll) that fits the output"
              + (fromFile ? ", or train without --data, on random samples." : "."));
    }
  }

  /**
   * How many classes the output has a value for; empty for a loss over values, and where rules do
   * not say it: what is wrong then is said where it matters.
   */
  OptionalLong classes() {
    try {
      return Target.classes(graph, recipe);
    } catch (UnsupportedOperatorException | NodeException | IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  /** Says what loss and target are assumed, where that is not plain from the command line. */
  List<String> assumed(Target target) {
    if (!fromFile && recipe.targetShape() == null && recipe.loss() == Loss.CROSS_ENTROPY) {
      return List.of();
    }
    return List.of(
        recipe.loss() == Loss.NONE
            ? "the network returns its loss itself (--loss none)"
            : "the loss is "
                + recipe.loss().label()
                + " against a target "
                + target
                + (target.rows() ? ", both viewed as rows" : ""));
  }
}
