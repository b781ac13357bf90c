package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import dev.headroom.graph.InPlace;
import dev.headroom.importers.ImportedModel;
import dev.headroom.importers.Weights;
import dev.headroom.plan.KernelScratch;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import dev.headroom.zoo.ZooException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** From what the user typed to a network, a recipe and a data set. */
final class Setup {
  /** What a command's help says about NETWORK. */
  static final String NETWORKS =
      "A .pt2 file, or a built-in network: mlp, lenet, cnn, resnet18, vgg16, mobilenet_v2,"
          + " vit_b_16, gpt, lstm, ...";

  final Graph graph;
  final Recipe recipe;
  final Backend backend;

  /** What the loss holds the output against. */
  final LossTarget loss;

  /** The set to train on, if one is known. */
  final TrainingData data;

  /** The weights that came with a file, or null. */
  final @Nullable Weights weights;

  /** Whether NETWORK is a file. */
  final boolean fromFile;

  /** What was assumed, in words: about a file, the loss, the target. */
  final List<String> assumptions = new ArrayList<>();

  Setup(String network, RecipeOptions options) {
    this(network, options, false);
  }

  /** The same, with torch.optim's own choice of a step's form on a GPU. */
  Setup(String network, RecipeOptions options, boolean gpu) {
    this(network, options, gpu, false);
    if (!gpu && recipe.precision() == Precision.BF16 && KernelScratch.has(graph)) {
      assumptions.add(
          "a processor without AVX-512, where convolutions in bfloat16 take PyTorch's own kernels;"
              + " train and fit predict for the processor that they run on");
    }
  }

  /** The same for what will run here: predicted for this machine's own processor. */
  static Setup toRun(String network, RecipeOptions options) {
    return new Setup(network, options, false, Processor.computesBf16());
  }

  private Setup(String network, RecipeOptions options, boolean gpu, boolean bf16Units) {
    recipe = options.recipe(gpu);
    backend =
        Backend.cpu()
            .withOnednn(options.onednn.equals("on"))
            .withOnednnBf16(bf16Units)
            .withThreads(options.threads == null ? 1 : options.threads);
    fromFile = NetworkFile.is(network);
    if (fromFile) {
      ImportedModel model = NetworkFile.read(network, options);
      graph = asWanted(model.graph(), options);
      weights = model.weights();
      data = TrainingData.named(options.data);
      data.check(graph);
      options.freezing.note(graph, assumptions);
      assumptions.addAll(NetworkFile.inputs(graph));
      assumptions.addAll(model.notes());
    } else {
      if (options.zoo.model != null) {
        throw new UsageException("--model is for a .pt2 file with several", "Leave it out.");
      }
      weights = null;
      data = TrainingData.ofBuiltIn(network, options);
      graph = asWanted(network(network, data.shape(options)), options);
      options.freezing.note(graph, assumptions);
    }
    loss = new LossTarget(graph, recipe, fromFile);
    if (fromFile && data.name != null) {
      // A built-in network is made for the set.
      data.checkClasses(graph, loss.classes());
    }
    checkBlocks();
  }

  /** A network with what the options change about its calls and parameters. */
  static Graph asWanted(Graph graph, RecipeOptions options) {
    return options.freezing.apply(inPlace(graph, options));
  }

  private static Graph inPlace(Graph graph, RecipeOptions options) {
    Graph inPlace = options.inPlace ? InPlace.of(graph) : graph;
    if (options.inPlace && inPlace.equals(graph)) {
      throw new UsageException(
          graph.name() + " has no ReLU that could work in place",
          "Leave --in-place out: either it has none, all are in place already, or another call"
              + " needs their input.");
    }
    return inPlace;
  }

  private void checkBlocks() {
    try {
      recipe.checkpoint().blocks(graph);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          String.valueOf(e.getMessage()),
          Blocks.of(graph).isEmpty()
              ? "A block is a numbered module, such as blocks.0 or layer1.1, that is made of modules"
                  + " itself. Use --checkpoint none."
              : "Name blocks, or modules that hold some, separated by commas.");
    }
  }

  /**
   * The same for commands that choose a batch.
   *
   * @throws InputException if the network takes one batch alone
   */
  Setup withAnyBatch() {
    if (graph.ownBatch().isPresent()) {
      throw new InputException(
          graph.name()
              + " takes batches of "
              + graph.ownBatch().getAsLong()
              + " alone, so that there is none to choose",
          NetworkFile.REEXPORT);
    }
    return this;
  }

  /** The batch to plan for: a file's own, if it takes no other. */
  long batch(@Nullable Integer wanted) {
    OptionalLong own = graph.ownBatch();
    if (own.isEmpty()) {
      return wanted == null ? PlanCommand.DEFAULT_BATCH : wanted;
    }
    assumptions.add(
        "the file was exported for batch "
            + own.getAsLong()
            + " alone, which is planned"
            + (wanted == null || wanted == own.getAsLong() ? ". " : ", not " + wanted + ". ")
            + NetworkFile.REEXPORT);
    return own.getAsLong();
  }

  /**
   * The set to train on: the one named, or for a file a built-in one whose images and labels fit;
   * null if none does.
   *
   * @throws InputException if the loss wants something else than the labels of the one named
   */
  @Nullable String trainingData() {
    if (data.name != null) {
      return checked(data.name);
    }
    return fromFile && loss.isClassOfSample() ? TrainingData.usual(graph, loss.classes()) : null;
  }

  /**
   * The set that a command cannot do without.
   *
   * @throws UsageException if none was named
   * @throws InputException if the loss wants something else than its labels
   */
  String trainingData(String command) {
    if (data.name == null) {
      throw new UsageException(command + " needs images", "Name them with --data.");
    }
    return checked(data.name);
  }

  private String checked(String named) {
    loss.requireClassOfSample(named);
    data.checkToTrain(graph);
    return named;
  }

  /** What a resumed run must agree on, by the option that sets it. */
  Map<String, String> identity(int batch, long seed) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("NETWORK", graph.name());
    out.put("--data", String.valueOf(data.name));
    out.put("--optimizer", recipe.optimizer().label());
    out.put("--optimizer-impl", recipe.form().label());
    out.put("--precision", recipe.precision().label());
    out.put("--checkpoint", recipe.checkpoint().label());
    out.put("--freeze", String.join(",", FreezeOptions.names(graph)));
    out.put("--lr", Double.toString(recipe.learningRate()));
    out.put("--weight-decay", Double.toString(recipe.extras().weightDecay()));
    out.put("--clip-norm", Double.toString(recipe.extras().clipNorm()));
    out.put("--ema", Double.toString(recipe.extras().averageDecay()));
    out.put("--label-smoothing", Double.toString(recipe.extras().labelSmoothing()));
    out.put("--batch", Integer.toString(batch));
    out.put("--accumulate", Integer.toString(recipe.accumulate()));
    out.put("--seed", Long.toString(seed));
    return out;
  }

  static Graph network(String name, Options options) {
    try {
      return Zoo.build(name, options);
    } catch (ZooException e) {
      String closest = Zoo.has(name) ? null : Choice.closest(name, Zoo.names());
      throw new UsageException(
          String.valueOf(e.getMessage()),
          closest == null ? e.hint() : "Did you mean " + closest + "? " + e.hint());
    }
  }
}
