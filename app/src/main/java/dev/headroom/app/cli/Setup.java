package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.data.Datasets;
import dev.headroom.data.ImageFormat;
import dev.headroom.engine.Backend;
import dev.headroom.graph.Blocks;
import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.InPlace;
import dev.headroom.importers.ImportedModel;
import dev.headroom.importers.Weights;
import dev.headroom.loop.Target;
import dev.headroom.op.UnsupportedOperatorException;
import dev.headroom.plan.KernelScratch;
import dev.headroom.recipe.BatchArrival;
import dev.headroom.recipe.Checkpoint;
import dev.headroom.recipe.Loss;
import dev.headroom.recipe.Optimizer;
import dev.headroom.recipe.Optimizer.Form;
import dev.headroom.recipe.Precision;
import dev.headroom.recipe.Recipe;
import dev.headroom.zoo.Options;
import dev.headroom.zoo.Zoo;
import dev.headroom.zoo.ZooException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** From what the user typed to a network, a recipe and the size of a data set. */
final class Setup {
  /** What a command's help says about NETWORK. */
  static final String NETWORKS =
      "A .pt2 file, or a built-in network: mlp, lenet, cnn, resnet18, vgg16, mobilenet_v2,"
          + " vit_b_16, gpt, lstm, ...";

  final Graph graph;
  final Recipe recipe;
  final Backend backend;

  /** The set to train on, or null where the shape of a sample is all that is known. */
  final @Nullable String data;

  final int trainSize;
  final int testSize;

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
    recipe = recipe(options, gpu);
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
      data = options.data;
      Datasets.Facts facts = data == null ? null : Datasets.facts(data);
      if (data != null && facts != null) {
        NetworkFile.checkData(graph, data, facts);
      }
      trainSize = facts == null ? 0 : facts.trainSize();
      testSize = facts == null ? 0 : facts.testSize();
      options.freezing.note(graph, assumptions);
      assumptions.addAll(NetworkFile.inputs(graph));
      assumptions.addAll(model.notes());
      checkBlocks();
      return;
    }
    if (options.zoo.model != null) {
      throw new UsageException("--model is for a .pt2 file with several", "Leave it out.");
    }
    weights = null;
    if (options.data != null && options.input != null) {
      throw new UsageException("--data and --input cannot go together", "Leave one of them out.");
    }
    data = options.data == null ? usualData(network, options) : options.data;
    Options zoo = options.zoo.given();
    if (data == null) {
      trainSize = 0;
      testSize = 0;
      if (options.input != null) {
        zoo = zoo.sample(options.input.stream().map(Integer::longValue).toList());
      }
    } else {
      Datasets.Facts facts = Datasets.facts(data);
      zoo = zoo.sample(shape(facts.format()));
      zoo = zoo.classes(classes(data, facts, options.zoo.classes));
      trainSize = facts.trainSize();
      testSize = facts.testSize();
    }
    graph = asWanted(network(network, zoo), options);
    options.freezing.note(graph, assumptions);
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
   * The set to train on: the one named, or a built-in one whose images and labels fit; null if none
   * does.
   *
   * @throws InputException if the loss wants something else than the labels of the one named
   */
  @Nullable String trainingData() {
    Target target = targetIfKnown();
    boolean labels = target == null || target.isClassOfSample();
    if (data == null) {
      return fromFile && labels ? NetworkFile.usualData(graph) : null;
    }
    if (!labels) {
      throw new InputException(
          graph.name()
              + (recipe.loss() == Loss.NONE
                  ? " returns its loss itself"
                  : " is held against " + target)
              + ", "
              + data
              + " gives the number of one class for each image",
          "Choose a --loss over classes (cross_entropy, nll) that fits the output"
              + (fromFile ? ", or leave --data out to train on random samples." : "."));
    }
    return data;
  }

  /** What the loss holds the output against; null where no rule says it. */
  @Nullable Target targetIfKnown() {
    try {
      return target();
    } catch (UnsupportedOperatorException e) {
      return null;
    }
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

  /** Says what loss and target are assumed, where that is not plain from the command line. */
  void assume(Target target) {
    if (!fromFile && recipe.targetShape() == null && recipe.loss() == Loss.CROSS_ENTROPY) {
      return;
    }
    assumptions.add(
        recipe.loss() == Loss.NONE
            ? "the network returns its loss itself (--loss none)"
            : "the loss is "
                + recipe.loss().label()
                + " against a target "
                + target
                + (target.rows() ? ", both viewed as rows" : ""));
  }

  /** What a resumed run must agree on, by the option that sets it. */
  Map<String, String> identity(int batch, long seed) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("NETWORK", graph.name());
    out.put("--data", String.valueOf(data));
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

  private static int classes(String data, Datasets.Facts facts, @Nullable Integer wanted) {
    if (wanted != null && wanted < facts.classes()) {
      throw new UsageException(
          data + " has " + facts.classes() + " classes, more than --classes " + wanted,
          "Leave --classes out, or give at least " + facts.classes() + ".");
    }
    return wanted == null ? facts.classes() : wanted;
  }

  /** The built-in set whose images a network takes by itself, unless the user gave a shape. */
  private static @Nullable String usualData(String network, RecipeOptions options) {
    if (options.input != null || !Zoo.has(network)) {
      return null;
    }
    for (String name : List.of("digits", "shapes")) {
      if (shape(Datasets.facts(name).format()).equals(Zoo.defaults(network).sample())) {
        return name;
      }
    }
    return null;
  }

  private static List<Long> shape(ImageFormat format) {
    return List.of((long) format.channels(), (long) format.height(), (long) format.width());
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

  static Recipe recipe(RecipeOptions options) {
    return recipe(options, false);
  }

  private static Recipe recipe(RecipeOptions options, boolean gpu) {
    Optimizer optimizer = Optimizer.valueOf(options.optimizer.toUpperCase(Locale.ROOT));
    Form form =
        switch (options.optimizerImpl) {
          case "foreach" -> Form.FOREACH;
          case "fused" -> Form.FUSED;
          case "for-loop" -> Form.FOR_LOOP;
          // torch.optim's own choice.
          default -> gpu ? Form.FOREACH : Form.FOR_LOOP;
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
            BatchArrival.valueOf(options.batchArrival.toUpperCase(Locale.ROOT)))
        .with(Precision.valueOf(options.precision.toUpperCase(Locale.ROOT)))
        .with(Checkpoint.parse(options.checkpoint))
        .with(Loss.valueOf(options.loss.toUpperCase(Locale.ROOT)))
        .withTargetShape(targetShape(options.targetShape))
        .withSetToNone(options.setToNone.equals("on"))
        .with(
            options.extras.extras(optimizer, Loss.valueOf(options.loss.toUpperCase(Locale.ROOT))));
  }

  private static @Nullable List<Dim> targetShape(@Nullable List<Integer> sample) {
    if (sample == null) {
      return null;
    }
    List<Dim> shape = new ArrayList<>(List.of(Dim.BATCH));
    sample.forEach(size -> shape.add(Dim.of(size)));
    return shape;
  }
}
