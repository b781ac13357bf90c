package dev.headroom.zoo;

import dev.headroom.graph.Graph;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The registry of built-in networks. Parameter counts, names of modules and initialisation are
 * torchvision's; calls and their order are those that {@code torch.export} records.
 */
public final class Zoo {
  private static final List<Long> GREY = List.of(1L, 28L, 28L);
  private static final List<Long> COLOUR = List.of(3L, 32L, 32L);
  private static final List<Long> IMAGENET = List.of(3L, 224L, 224L);

  private static final Map<String, Entry> ENTRIES = entries();

  /**
   * A built-in network.
   *
   * @param name what the user calls it
   * @param defaults its own sample shape and settings
   * @param builder makes it from a sample shape and all of its settings
   */
  public record Entry(String name, Options defaults, Function<Options, Graph> builder) {}

  private Zoo() {}

  /** All names, families together. */
  public static List<String> names() {
    return List.copyOf(ENTRIES.keySet());
  }

  /** Whether there is a network of this name. */
  public static boolean has(String name) {
    return ENTRIES.containsKey(name);
  }

  /**
   * The network's own sample shape and settings.
   *
   * @throws ZooException if there is no such network
   */
  public static Options defaults(String name) {
    return entry(name).defaults();
  }

  /**
   * Builds a network.
   *
   * @param options what differs from {@link #defaults}
   * @throws ZooException if there is no such network, if it has no such setting, or if the values
   *     don't fit together
   */
  public static Graph build(String name, Options options) {
    Entry entry = entry(name);
    if (!options.sample().isEmpty() && entry.defaults().sample().isEmpty()) {
      throw new ZooException(
          name + " takes tokens, not samples of " + Image.shape(options.sample()),
          "Leave --data and --input out; --sequence and --vocab say what it reads.");
    }
    Map<String, List<Long>> settings = new TreeMap<>(entry.defaults().settings());
    options.settings().forEach((setting, values) -> override(name, settings, setting, values));
    List<Long> sample = options.sample().isEmpty() ? entry.defaults().sample() : options.sample();
    return entry.builder().apply(new Options(sample, settings));
  }

  private static void override(
      String name, Map<String, List<Long>> settings, String setting, List<Long> values) {
    if (!settings.containsKey(setting)) {
      throw new ZooException(
          name + " has no setting --" + setting,
          settings.isEmpty()
              ? "It has none."
              : "It has --" + String.join(", --", settings.keySet()) + ".");
    }
    settings.put(setting, values);
  }

  private static Entry entry(String name) {
    Entry entry = ENTRIES.get(name);
    if (entry == null) {
      throw new ZooException(
          "there is no network '" + name + "'", "Built in: " + String.join(", ", names()) + ".");
    }
    return entry;
  }

  private static Map<String, Entry> entries() {
    Map<String, Entry> all = new LinkedHashMap<>();
    add(
        all,
        "mlp",
        Options.none().sample(GREY).classes(10).with("hidden", 128),
        o -> Mlp.build(values(o), hidden(o), o.number("classes")));
    image(all, "lenet", GREY, 10, LeNet::build);
    image(all, "cnn", COLOUR, 10, SmallCnn::build);
    resnet(all, "resnet18", false, 2, 2, 2, 2);
    resnet(all, "resnet34", false, 3, 4, 6, 3);
    resnet(all, "resnet50", true, 3, 4, 6, 3);
    resnet(all, "resnet101", true, 3, 4, 23, 3);
    resnet(all, "resnet152", true, 3, 8, 36, 3);
    vgg(all, "vgg11", 1, 1, 2, 2, 2);
    vgg(all, "vgg13", 2, 2, 2, 2, 2);
    vgg(all, "vgg16", 2, 2, 3, 3, 3);
    vgg(all, "vgg19", 2, 2, 4, 4, 4);
    image(all, "mobilenet_v2", IMAGENET, 1000, MobileNetV2::build);
    vit(all, new Vit("vit_b_16", 16, 12, 12, 768));
    vit(all, new Vit("vit_b_32", 32, 12, 12, 768));
    vit(all, new Vit("vit_l_16", 16, 24, 16, 1024));
    vit(all, new Vit("vit_l_32", 32, 24, 16, 1024));
    vit(all, new Vit("vit_h_14", 14, 32, 16, 1280));
    convNext(all, new ConvNext("convnext_tiny", 96, List.of(3, 3, 9, 3), 0.1));
    convNext(all, new ConvNext("convnext_small", 96, List.of(3, 3, 27, 3), 0.4));
    convNext(all, new ConvNext("convnext_base", 128, List.of(3, 3, 27, 3), 0.5));
    convNext(all, new ConvNext("convnext_large", 192, List.of(3, 3, 27, 3), 0.5));
    add(
        all,
        "gpt",
        Options.none()
            .with("layers", 4)
            .with("width", 256)
            .with("heads", 4)
            .with("vocab", 1000)
            .with("sequence", 128)
            .with("tied", 0),
        o -> gpt(o).build());
    add(
        all,
        "lstm",
        Options.none().with("vocab", 1000).with("sequence", 32).with("width", 128).classes(10),
        o ->
            LstmClassifier.build(
                o.number("vocab"), o.number("sequence"), o.number("width"), o.number("classes")));
    return all;
  }

  private static Gpt gpt(Options o) {
    return new Gpt(
        o.number("layers"),
        o.number("width"),
        o.number("heads"),
        o.number("vocab"),
        o.number("sequence"),
        o.flag("tied"));
  }

  private static void vit(Map<String, Entry> all, Vit vit) {
    image(all, vit.name(), IMAGENET, 1000, vit::build);
  }

  private static void convNext(Map<String, Entry> all, ConvNext convNext) {
    image(all, convNext.name(), IMAGENET, 1000, convNext::build);
  }

  private static void resnet(
      Map<String, Entry> all, String name, boolean bottleneck, Integer... blocks) {
    List<Integer> stages = List.of(blocks);
    image(
        all,
        name,
        IMAGENET,
        1000,
        bottleneck
            ? (image, classes) -> ResNet.bottleneck(name, stages, image, classes)
            : (image, classes) -> ResNet.basic(name, stages, image, classes));
  }

  private static void vgg(Map<String, Entry> all, String name, Integer... convolutions) {
    List<Integer> groups = List.of(convolutions);
    for (boolean norm : new boolean[] {false, true}) {
      String full = norm ? name + "_bn" : name;
      image(all, full, IMAGENET, 1000, (i, classes) -> Vgg.build(full, groups, norm, i, classes));
    }
  }

  /** Builds a classifier of images. */
  private interface Classifier {
    Graph build(Image image, int classes);
  }

  private static void image(
      Map<String, Entry> all, String name, List<Long> sample, int classes, Classifier classifier) {
    add(
        all,
        name,
        Options.none().sample(sample).classes(classes),
        o -> classifier.build(Image.of(name, o.sample()), o.number("classes")));
  }

  private static void add(
      Map<String, Entry> all, String name, Options defaults, Function<Options, Graph> builder) {
    all.put(name, new Entry(name, defaults, builder));
  }

  private static long values(Options o) {
    return TensorType.of(DType.FLOAT32, o.sample()).elements();
  }

  private static List<Integer> hidden(Options o) {
    return o.list("hidden").stream().map(Math::toIntExact).toList();
  }
}
