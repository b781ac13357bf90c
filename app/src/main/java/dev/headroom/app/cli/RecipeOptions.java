package dev.headroom.app.cli;

import dev.headroom.app.OutputOptions;
import dev.headroom.app.UsageException;
import dev.headroom.graph.Dim;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What a training loop adds to a network, the same everywhere and with the same defaults in {@code
 * plan} and {@code train}. Values are checked one by one here; null means left out, where the
 * default depends on something else.
 */
final class RecipeOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      converter = Values.OptimizerName.class,
      description = "sgd, momentum, adam (default), adamw, rmsprop or adagrad.")
  String optimizer = "adam";

  @Option(
      names = "--optimizer-impl",
      paramLabel = "FORM",
      converter = Values.OptimizerImpl.class,
      description = {
        "default, for-loop, foreach or fused; default is torch.optim's choice: for-loop on the"
            + " CPU,",
        "foreach on CUDA."
      })
  String optimizerImpl = "default";

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Samples in a micro-batch (default 64; plan takes what a --budget recommends).")
  @Nullable Integer batch;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Micro-batches before one optimizer step (default 1).")
  int accumulate = 1;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      converter = Values.PrecisionName.class,
      description = "fp32 (default), bf16 or fp16: what autocast computes in.")
  String precision = "fp32";

  @Option(
      names = "--checkpoint",
      paramLabel = "WHAT",
      converter = Values.CheckpointName.class,
      description = {
        "none (default); blocks: of each repeated block, keep only its input and compute the rest",
        "again in backward (torch.utils.checkpoint); or some blocks alone, such as",
        "layer1.0,layer3."
      })
  String checkpoint = "none";

  @Option(
      names = "--set-to-none",
      paramLabel = "on|off",
      converter = Values.Switch.class,
      description = {
        "zero_grad(set_to_none): on (default) drops the gradients before forward, off fills them",
        "with zeros and keeps them through it."
      })
  String setToNone = "on";

  @Mixin FreezeOptions freezing = new FreezeOptions();

  @Option(
      names = "--in-place",
      description = "nn.ReLU(inplace=True) wherever that changes no value.")
  boolean inPlace;

  @Option(
      names = "--onednn",
      paramLabel = "on|off",
      converter = Values.Switch.class,
      description = "Whether the CPU engine may use oneDNN (default on).")
  String onednn = "on";

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      converter = Values.LossName.class,
      description = {
        "cross_entropy (default), mse, bce_with_logits, nll, l1, smooth_l1, or none for a network",
        "that returns its loss itself."
      })
  String loss = "cross_entropy";

  @Option(
      names = "--target-shape",
      paramLabel = "SHAPE",
      converter = Values.TargetShape.class,
      description = {
        "Shape of one sample's target where it does not follow from the output, such as 32x32;",
        "B alone for one number each."
      })
  @Nullable List<Integer> targetShape;

  @Option(
      names = "--ledger",
      paramLabel = "HOW",
      converter = Values.LedgerName.class,
      description = {
        "written: by rule; recorded: two tiny real steps, extended, kernels' own scratch included;",
        "auto (default): written, but recorded where an operator has no rule, and for the largest",
        "batch in a --budget where convolutions have scratch."
      })
  String ledger = "auto";

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      converter = Values.Rate.class,
      description = "Learning rate; left out, the optimizer's usual one.")
  @Nullable Double learningRate;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Passes over the training data.")
  @Nullable Integer epochs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      converter = Values.Seed.class,
      description = "Seed of weights and order (default 0).")
  long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Threads of the CPU engine; a few kernels' buffers grow with it.")
  @Nullable Integer threads;

  @Option(
      names = "--batch-arrival",
      paramLabel = "HOW",
      converter = Values.BatchArrival.class,
      description = {
        "replace (default): the old batch is freed first; fixed: one tensor for all steps;"
            + " overlap:",
        "both alive for a moment."
      })
  String batchArrival = "replace";

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      converter = Values.Size.class,
      description = "What may be used, such as 8GiB.")
  @Nullable Long budgetBytes;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "digits, shapes, mnist, fashion-mnist, cifar10, or a folder of images.")
  @Nullable String data;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "A folder that holds mnist/, fashion-mnist/, cifar-10/.")
  @Nullable Path dataDir;

  @Option(
      names = "--input",
      paramLabel = "SHAPE",
      converter = Values.InputShape.class,
      description = "Shape of one sample instead of --data, such as 3x224x224.")
  @Nullable List<Integer> input;

  @Mixin ZooOptions zoo = new ZooOptions();

  @Mixin ExtrasOptions extras = new ExtrasOptions();

  /**
   * What the loop adds, as these options say it.
   *
   * @param gpu whether left-out forms are torch.optim's choice for a GPU instead of the CPU
   * @throws UsageException if PyTorch has no such loop
   */
  Recipe recipe(boolean gpu) {
    Optimizer chosen = Optimizer.valueOf(optimizer.toUpperCase(Locale.ROOT));
    Loss held = Loss.valueOf(loss.toUpperCase(Locale.ROOT));
    Form form =
        switch (optimizerImpl) {
          case "foreach" -> Form.FOREACH;
          case "fused" -> Form.FUSED;
          case "for-loop" -> Form.FOR_LOOP;
          // torch.optim's own choice.
          default -> gpu ? Form.FOREACH : Form.FOR_LOOP;
        };
    if (!chosen.has(form)) {
      throw new UsageException(
          "PyTorch has no " + form.label() + " form of " + chosen.label(),
          "Use --optimizer-impl for-loop or foreach.");
    }
    return new Recipe(
            chosen,
            form,
            learningRate == null ? chosen.defaultLearningRate() : learningRate,
            accumulate,
            BatchArrival.valueOf(batchArrival.toUpperCase(Locale.ROOT)))
        .with(Precision.valueOf(precision.toUpperCase(Locale.ROOT)))
        .with(Checkpoint.parse(checkpoint))
        .with(held)
        .withTargetShape(targetShape == null ? null : ofBatch(targetShape))
        .withSetToNone(setToNone.equals("on"))
        .with(extras.extras(chosen, held));
  }

  private static List<Dim> ofBatch(List<Integer> sample) {
    List<Dim> shape = new ArrayList<>(List.of(Dim.BATCH));
    sample.forEach(size -> shape.add(Dim.of(size)));
    return shape;
  }

  /** The options that the user gave, as words for another command that has this mixin. */
  List<String> words() {
    List<String> words = new ArrayList<>();
    if (command == null) {
      return words;
    }
    for (OptionSpec option : command.options()) {
      if (!(option.userObject() instanceof Field field)
          || field.getDeclaringClass() == OutputOptions.class
          || field.getDeclaringClass().isInstance(command.userObject())) {
        continue;
      }
      for (String value : option.originalStringValues()) {
        words.add(option.longestName());
        if (option.arity().max() > 0) {
          words.add(value);
        }
      }
    }
    return words;
  }
}
