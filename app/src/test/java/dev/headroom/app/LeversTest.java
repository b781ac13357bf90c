package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code plan --levers} and {@code --want-batch}: each claim is what the changed plan shows. */
class LeversTest {
  private static final String GPT = "gpt --layers 2 --width 64 --heads 4 --sequence 32 ";
  private static final String MLP = "mlp --data mnist --hidden 512,256 ";
  private static final String[] NETWORKS = {
    GPT, MLP, "resnet18 --input 3x64x64 ", "mobilenet_v2 --input 3x64x64 ", "lenet --data mnist "
  };
  private static final String[] DEVICES = {
    "--device rtx3090 ", "--device a100-40gb ", "--ledger written "
  };
  private static final String[] OPTIMIZERS = {"adam", "adamw", "momentum", "rmsprop", "sgd"};

  /** Seeded networks, devices, budgets and optimizers: a lever claims what its re-plan shows. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void noLeverClaimsMoreThanItsPlanShows(int seed) {
    check(seed);
  }

  static IntStream many() {
    return IntStream.range(100, 140);
  }

  @ParameterizedTest
  @MethodSource("many")
  @Tag("soak")
  void theSameForMany(int seed) {
    check(seed);
  }

  private static void check(int seed) {
    Random random = new Random(seed);
    String device = DEVICES[random.nextInt(DEVICES.length)];
    int budget = 700 + random.nextInt(1200);
    String line =
        "plan "
            + NETWORKS[random.nextInt(NETWORKS.length)]
            + device
            + "--json --budget "
            + budget
            + "MiB --optimizer "
            + OPTIMIZERS[random.nextInt(OPTIMIZERS.length)]
            + (random.nextBoolean() ? " --set-to-none off " : " ");
    int batch = 4 * (1 + random.nextInt(8));
    JsonNode all = Run.line(line + "--levers --batch " + batch).json().get("levers");
    assertThat(all.get("levers").size()).as(line).isPositive();
    for (JsonNode lever : all.get("levers")) {
      String options = lever.get("options").asText();
      int passes = options.contains("--accumulate") ? 2 : 1;
      String typed = options.startsWith("--batch ") ? options : "--batch " + batch + " " + options;
      assertThat(typed).startsWith("--batch " + batch / passes + " ");
      JsonNode plan = Run.line(again(line, typed)).json();
      long bytes = peak(plan);
      assertThat(lever.get("bytes").asLong()).as(line + options).isEqualTo(bytes);
      assertThat(lever.get("largest").asLong())
          .as(line + options)
          .isEqualTo(passes * plan.at("/largestBatch/fits").asLong(0));
      assertThat(lever.get("savedBytes").asLong())
          .isEqualTo(all.at("/asItIs/bytes").asLong() - bytes);
    }
  }

  /** The line with a lever's options, in the place of those that it replaces. */
  private static String again(String line, String options) {
    String rest =
        options.contains("--optimizer ") ? line.replaceAll("--optimizer \\w+ ", "") : line;
    rest = options.contains("--input ") ? rest.replaceAll("--input \\S+ ", "") : rest;
    rest = options.contains("--sequence ") ? rest.replaceAll("--sequence \\d+ ", "") : rest;
    rest = options.contains("--set-to-none ") ? rest.replace("--set-to-none off ", "") : rest;
    return rest + options;
  }

  @ParameterizedTest
  @ValueSource(strings = {"--device rtx3090 --budget 900MiB", "--budget 20MiB"})
  void theCombinationReachesTheWantedBatch(String room) {
    String line = "plan " + GPT + room + " --json ";
    long fits = Run.line(line + "--batch 1").json().at("/largestBatch/fits").asLong();
    long want = (fits + fits / 10) / 2 * 2;
    Run run = Run.line(line + "--batch 1 --want-batch " + want);
    assertThat(run.exit()).isEqualTo(Exit.OK);
    JsonNode reaching = run.json().at("/levers/reaching");
    assertThat(reaching.get("largest").asLong()).isGreaterThanOrEqualTo(want);
    // Without batch norm, passes cost less than to compute anything again.
    assertThat(reaching.get("options").asText()).contains("--accumulate 2");
    assertThat(reaching.get("batch").asLong()).isEqualTo(want / 2);
    JsonNode atOnce = run.json().at("/levers/atOnce");
    assertThat(atOnce.get("options").asText()).isNotEmpty().doesNotContain("--accumulate");
    assertThat(atOnce.get("batch").asLong()).isEqualTo(want);
    for (JsonNode row : List.of(reaching, atOnce)) {
      String options = row.get("options").asText();
      assertThat(options).startsWith("--batch " + row.get("batch").asLong() + " ");
      assertThat(Run.line(again(line, options)).exit()).as(options).isEqualTo(Exit.OK);
    }
    String text = Run.line(line.replace("--json ", "") + "--batch 1 --want-batch " + want).out();
    assertThat(text.replaceAll("\\s+", " "))
        .contains(
            "--batch " + want / 2 + " --accumulate 2",
            "2 passes of "
                + want / 2
                + " samples: the kernels of forward and backward are launched"
                + " 2 times a step.",
            "Or in one pass: " + atOnce.get("options").asText());
  }

  /** However many passes it takes, and however few of them end before the data set does. */
  @Test
  void passesAreFoundHoweverMany() {
    String line =
        "plan mlp --budget 700MiB --device rtx3060 --samples 1000000000 --json --want-batch ";
    Run run = Run.line(line + 1_000_000_000);
    assertThat(run.exit()).as(run.out()).isEqualTo(Exit.OK);
    JsonNode reaching = run.json().at("/levers/reaching");
    long passes = 1_000_000_000 / reaching.get("batch").asLong();
    assertThat(passes).isGreaterThan(1024);
    assertThat(reaching.get("options").asText()).contains("--accumulate " + passes);
    // The next smaller number that divides a step does not fit.
    long fewer = passes - 1;
    while (1_000_000_000 % fewer != 0) {
      fewer--;
    }
    String again = line.replace("--want-batch ", "--accumulate ");
    long fits = Run.line(again + passes + " --batch 1").json().at("/largestBatch/fits").asLong();
    assertThat(fits).isBetween(1_000_000_000 / passes, 1_000_000_000 / fewer - 1);
  }

  /** Batch norm would see other samples, so recomputing is cheaper than passes while it will do. */
  @Test
  void passesOfABatchNormAreDearer() {
    String line =
        "plan resnet18 --input 3x64x64 --device rtx3090 --budget 1500MiB --json --batch 8";
    long fits = Run.line(line).json().at("/largestBatch/fits").asLong();
    long little = (fits + fits / 20) / 4 * 4;
    JsonNode once = Run.line(line + " --want-batch " + little).json().at("/levers");
    assertThat(once.at("/reaching/options").asText()).doesNotContain("--accumulate");
    assertThat(once.at("/atOnce").isMissingNode()).isTrue();
    assertThat(once.at("/accumulating/options").asText()).contains(" --accumulate ");
    long much = 16 * little;
    JsonNode many = Run.line(line + " --want-batch " + much).json().at("/levers/reaching");
    assertThat(many.get("options").asText()).contains("--accumulate ");
    long passes = much / many.get("batch").asLong();
    assertThat(many.get("options").asText()).contains("--accumulate " + passes);
    String again = again(line.replace(" --batch 8", ""), " " + many.get("options").asText());
    Run plan = Run.line(again);
    assertThat(plan.json().get("surelyFits").asBoolean()).as(again).isTrue();
    String text =
        Run.line(line.replace("--json ", "") + " --want-batch " + much)
            .out()
            .replaceAll("\\s+", " ");
    assertThat(text)
        .contains(
            passes
                + " times a step, and batch norm sees "
                + many.get("batch").asLong()
                + " samples at a time.");
  }

  @Test
  void whereNotEvenBatch1FitsTheDominantTermAndALeverAreNamed() {
    String line = "plan " + MLP + "--device a100-gpumemnet --budget 1457MiB";
    Run run = Run.line(line);
    assertThat(run.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(run.out())
        .contains("Not even batch 1 fits", "Most of batch 1's peak of", "Cheapest that");
    String options = Run.line(line + " --json").json().at("/levers/reaching/options").asText();
    Run changed = Run.line(line + " --batch 1 " + options);
    assertThat(changed.exit()).as(options + changed.out()).isEqualTo(Exit.OK);
    Run hopeless = Run.line("plan " + MLP + "--device a100-gpumemnet --budget 1430MiB");
    assertThat(hopeless.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(hopeless.out()).contains("No lever makes batch 1 fit");
  }

  @Test
  void theTableHasARowALine() {
    Run run = Run.line("plan vit_b_16 --device rtx3090 --batch 64 --levers");
    assertThat(run.out()).containsPattern("\nlever, cheapest first +saves +largest +it costs\n");
    assertThat(run.out()).containsPattern("--checkpoint blocks .*FLOP again, \\d+ %\n");
    assertThat(run.out()).containsPattern("--precision bf16 .* 8 bits of mantissa in forward\n");
  }

  /** What a row says can be typed as it stands, and saves what it says. */
  @Test
  void theTableSaysWhatToType() {
    String line = "plan resnet50 --device rtx3060 --batch 64 --accumulate 2 --levers";
    String out = Run.line(line).out();
    assertThat(out)
        .contains(
            "At 128 samples a step in 2 passes of 64; each lever alone",
            "Largest: samples a step.",
            "\n--alloc-conf expandable_segments:True\n",
            "\n--batch 32 --accumulate 4 ");
    long fits = Run.line(line + " --json").json().at("/largestBatch/fits").asLong();
    assertThat(out).containsPattern("\nas it is +" + 2 * fits + "\n");
    assertThat(out.lines()).allMatch(l -> l.length() <= 80);
  }

  /** A list too long for a line goes on as a shell reads it: the words can be copied. */
  @Test
  void longListsAreWrappedSoThatTheyCanBeTyped() {
    String line = "plan vit_h_14 --device rtx3080 --optimizer sgd --want-batch 48";
    String out = Run.line(line).out();
    assertThat(out.lines()).allMatch(l -> l.length() <= 80);
    assertThat(out).contains(",\\\nencoder.layers.encoder_layer_");
    String options = Run.line(line + " --json").json().at("/levers/atOnce/options").asText();
    assertThat(out.replace("\\\n", "").replaceAll("\\s+", " ")).contains(options);
  }

  @ParameterizedTest
  @CsvSource({
    "mlp --data mnist --want-batch 70000, 70000, 60000",
    "mlp --device rtx3060 --samples 5 --want-batch 6, 6, 5"
  })
  void noStepHoldsMoreThanTheDataSet(String line, String want, String samples) {
    Run run = Run.line("plan " + line);
    assertThat(run.exit()).isEqualTo(Exit.USAGE);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("--want-batch " + want, "the data set has: " + samples);
    Run all = Run.line("plan " + line.replace("--want-batch " + want, "--levers"));
    assertThat(all.exit()).as(all.err()).isEqualTo(Exit.OK);
    assertThat(all.out().replaceAll("[, ]", ""))
        .contains("Thedatasethas" + samples + "samples:nostepholdsmore.");
    Run most = Run.line("plan " + line.replace("--want-batch " + want, "--want-batch " + samples));
    assertThat(most.exit()).as(most.err()).isEqualTo(Exit.OK);
  }

  /** Passes change nothing of a network without batch norm: more of them before smaller images. */
  @ParameterizedTest
  @CsvSource({
    "vgg16 --device rtx3060 --budget 3GiB, --batch 8 --accumulate 8 --optimizer sgd",
    "vit_h_14 --device rtx3080, --batch 4 --accumulate 16 --optimizer sgd"
  })
  void passesAreTriedAgainBesideADearerLever(String network, String cheapest) {
    JsonNode levers = Run.line("plan " + network + " --want-batch 64 --json").json().get("levers");
    assertThat(levers.at("/reaching/options").asText()).isEqualTo(cheapest);
    Run plan = Run.line("plan " + network + " " + cheapest + " --json");
    assertThat(plan.json().get("surelyFits").asBoolean()).isTrue();
  }

  /** Half as many bytes a value, where recomputing is the cheaper answer by price. */
  @Test
  void precisionIsNamedBesideWhatIsComputedAgain() {
    String line = "plan resnet50 --device rtx3090 --want-batch 512";
    JsonNode levers = Run.line(line + " --json").json().get("levers");
    assertThat(levers.at("/reaching/options").asText()).contains("--checkpoint ");
    String options = levers.at("/byPrecision/options").asText();
    assertThat(options).isEqualTo("--batch 512 --precision bf16");
    assertThat(Run.line(line).out()).contains("Or by precision, in one pass: " + options + ".");
    Run plan = Run.line("plan resnet50 --device rtx3090 " + options + " --json");
    assertThat(plan.json().get("surelyFits").asBoolean()).isTrue();
  }

  /** Turing has no units for bfloat16, Ampere has. */
  @ParameterizedTest
  @CsvSource({"t4, fp16, bf16", "rtx3090, bf16, fp16"})
  void theCardSaysWhichHalfPrecisionIsOffered(String card, String offered, String other) {
    String line = "plan resnet18 --device " + card + " --batch 32";
    String out = Run.line(line + " --levers").out();
    assertThat(out).contains("--precision " + offered).doesNotContain("--precision " + other);
    String bf16 = Run.line(line + " --precision bf16").out().replaceAll("\\s+", " ");
    boolean slow = bf16.contains("compute capability 7.5 has no units for bfloat16");
    assertThat(slow).isEqualTo(offered.equals("fp16"));
    assertThat(Run.line(line + " --precision fp16").out()).doesNotContain("bfloat16");
  }

  @Test
  void leversAreSortedByWhatTheyCost() {
    Run run = Run.line("plan resnet18 --device rtx3090 --batch 8 --levers --json");
    Set<String> seen = new LinkedHashSet<>();
    for (JsonNode lever : run.json().at("/levers/levers")) {
      String options = lever.get("options").asText();
      if (options.startsWith("--checkpoint")) {
        assertThat(seen).noneMatch(o -> o.startsWith("--precision") || o.equals("--optimizer sgd"));
        assertThat(lever.get("recompute").asDouble()).isBetween(0.5, 1.0);
      }
      seen.add(options);
    }
    assertThat(seen).contains("--checkpoint blocks", "--precision bf16", "--optimizer sgd");
    assertThat(seen).contains("--input 3x160x160", "--input 3x96x96");
    assertThat(seen).endsWith("--train-only layer4.1,fc", "--train-only fc");
    assertThat(seen).doesNotContain("--in-place");
  }

  /** Of 12 equal blocks, as few as will do; one less does not. */
  @Test
  void noMoreBlocksAreComputedAgainThanNeeded() {
    String line = "plan vit_b_16 --device rtx3090 --optimizer adamw --json --batch 32 ";
    JsonNode rows = Run.line(line + "--levers --want-batch 256").json().at("/levers/levers");
    JsonNode some = null;
    JsonNode all = null;
    for (JsonNode row : rows) {
      String options = row.get("options").asText();
      all = options.equals("--checkpoint blocks") ? row : all;
      some = options.startsWith("--checkpoint enc") ? row : some;
    }
    assertThat(some).isNotNull();
    assertThat(all).isNotNull();
    assertThat(some.get("largest").asLong()).isGreaterThanOrEqualTo(256);
    double each = all.get("recomputeFlops").asDouble() / 12;
    String names = some.get("options").asText().split(" ")[1];
    int count = names.split(",").length;
    assertThat(some.get("recomputeFlops").asDouble()).isEqualTo(count * each);
    assertThat(some.get("recompute").asDouble())
        .isEqualTo(count * each / all.get("forwardFlops").asDouble());
    String fewer = names.substring(names.indexOf(',') + 1);
    JsonNode plan =
        Run.line(line.replace("--batch 32", "--batch 256 --checkpoint " + fewer)).json();
    assertThat(plan.get("surelyFits").asBoolean()).isFalse();
  }

  @Test
  void valuesInARowAreNoImage() {
    Run run = Run.line("plan mlp --input 784 --batch 64 --levers --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/levers/levers").toString()).doesNotContain("--input");
    assertThat(run.json().at("/levers/notes").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "lenet5.pt2, Smaller images, B x 1 x 28 x 28, 'torch.randn(2, 1, 14, 14)'",
    "gpt_tied.pt2, Shorter sequences, B x 128, 'torch.zeros(2, 64, dtype=torch.long)'"
  })
  void aFileSaysWhyItsSamplesCannotBeSmaller(String file, String what, String now, String example) {
    Path path = Path.of("../importers/src/test/resources/export", file);
    String line = "plan " + path + " --batch 4 --levers";
    assertThat(Run.line(line + " --json").json().at("/levers/notes/0").asText())
        .contains(what, "not offered: the file was exported for " + now, example);
    assertThat(Run.line(line).out().replaceAll("\\s+", " ")).contains(what, "Export it again");
    Run none = Run.line("plan " + path.resolveSibling("mlp_784_128_10.pt2") + " --levers --json");
    assertThat(none.json().at("/levers/notes").isMissingNode()).isTrue();
  }

  /** SGD keeps no state of its own, so that gradients beside forward are what is most at once. */
  @ParameterizedTest
  @ValueSource(strings = {"vgg11 --device rtx3090", "mlp --budget 1MiB"})
  void gradientsNeedNotLiveThroughForward(String network) {
    String line = "plan " + network + " --optimizer sgd --batch 1 --json";
    long kept = peak(Run.line(line + " --set-to-none off").json());
    long dropped = peak(Run.line(line).json());
    assertThat(kept).isGreaterThan(dropped);
    JsonNode levers = Run.line(line + " --set-to-none off --levers").json().at("/levers/levers");
    assertThat(levers)
        .anySatisfy(
            lever -> {
              assertThat(lever.get("options").asText()).isEqualTo("--set-to-none on");
              assertThat(lever.get("bytes").asLong()).isEqualTo(dropped);
              assertThat(lever.get("savedBytes").asLong()).isEqualTo(kept - dropped);
            });
  }

  private static long peak(JsonNode plan) {
    JsonNode peak = plan.get("peak");
    return peak.path("usedBytes").asLong(peak.get("liveBytes").asLong());
  }

  @Test
  void inPlaceRunsAsPlanned() {
    String line = "cnn --data shapes --batch 16 --in-place";
    Run run = Run.line("train " + line + " --epochs 1");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("Predicted = measured, to the byte.");
    Run none = Run.line("plan vgg16 --in-place");
    assertThat(none.exit()).isEqualTo(Exit.USAGE);
    assertThat(none.err()).contains("no ReLU that could work in place");
  }
}
