package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Network files on the command line. */
class NetworkFileTest {
  private static final Path EXPORT = ModelText.EXPORT;

  @TempDir Path folder;

  private static Run plan(Object file, String options) {
    return Run.line("plan " + file + " " + options);
  }

  private Path changed(String model, UnaryOperator<String> change) throws Exception {
    return ModelText.changed(EXPORT.resolve(model + ".model.json.gz"), folder, change);
  }

  private Path forBatch64() throws Exception {
    return changed(
        "mlp_784_128_10",
        text ->
            text.replaceAll(
                "\\{\"as_expr\": \\{\"expr_str\": \"Symbol\\('s77', positive=True,"
                    + " integer=True\\)\", \"hint\": \\{\"as_int\": 64\\}\\}\\}",
                "{\"as_int\": 64}"));
  }

  @Test
  void theOraclesFigures() {
    Run run = plan(EXPORT.resolve("mlp_784_128_10.pt2"), "--batch 64 --batch-arrival fixed --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    // mlp_784_128_10-b64-adam.json of the shared oracle.
    assertThat(json.get("parameters").asLong()).isEqualTo(101_770);
    assertThat(json.at("/bytes/SAVED_FOR_BACKWARD").asLong()).isEqualTo(35_332);
    assertThat(json.at("/iterations/1/peakLiveBytes").asLong()).isEqualTo(2_634_944);
    assertThat(json.get("ledger").asText()).isEqualTo("written");
    assertThat(json.get("assumptions").toString())
        .contains("the loss is cross_entropy against a target int64[B]");
  }

  @Test
  void tokensAreHeldAgainstTokens() {
    Run run = plan(EXPORT.resolve("gpt_tied.pt2"), "--batch 4 --batch-arrival fixed --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().get("assumptions").toString())
        .contains("target int64[B, 128], both viewed as rows");
    assertThat(run.json().get("parameters").asLong()).isEqualTo(3_448_320);
  }

  @Test
  void lossAndTargetAreSaid() {
    Run run =
        plan(EXPORT.resolve("mlp_784_128_10.pt2"), "--batch 8 --loss mse --json --ledger written");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/recipe/loss").asText()).isEqualTo("mse");
    assertThat(run.json().get("assumptions").toString()).contains("target float32[B, 10]");
    assertThat(Run.line("plan mlp --loss huber").exit()).isEqualTo(Exit.USAGE);
  }

  @Test
  void aLossOverValuesTrainsOnRandomSamplesAndNotOnLabels() {
    String train = "train " + EXPORT.resolve("mlp_784_128_10.pt2") + " --loss mse --epochs 1";
    Run labels = Run.line(train + " --data digits");
    assertThat(labels.exit()).isEqualTo(Exit.INPUT);
    assertThat(labels.err())
        .contains("held against float32[B, 10]", "digits gives the number of one class")
        .contains("train without --data");
    Run random = Run.line(train);
    assertThat(random.exit()).as(random.err()).isEqualTo(Exit.OK);
    assertThat(random.out()).contains("Predicted = measured, to the byte.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"written", "recorded"})
  void aLossThatTheOutputHasNoPlaceForIsSaid(String ledger) throws Exception {
    Path vae = EXPORT.resolve("../unseen/vae.model.json.gz");
    Path net = folder.resolve("vae.json");
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(vae))) {
      Files.copy(in, net);
    }
    Run run = plan(net, "--batch 4 --ledger " + ledger);
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("vae returns float32[]", "--loss and --target-shape");
    assertThat(plan(net, "--batch 4 --loss none --ledger " + ledger).exit()).isEqualTo(Exit.OK);
  }

  @Test
  void aFileForOneBatchHasNoLargestOneOnACardEither() {
    Path fixed = EXPORT.resolve("made/fixed.pt2");
    Run run = plan(fixed, "--device rtx3090");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("Batch 5 uses", "it fits in 24.00 GiB").doesNotContain("argest");
    Run json = plan(fixed, "--device rtx3090 --budget 250MiB --json");
    assertThat(json.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(json.json().get("batch").asLong()).isEqualTo(5);
    assertThat(json.json().has("largestBatch")).isFalse();
    assertThat(plan(fixed, "--device rtx3090 --levers").exit()).isEqualTo(Exit.USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fit", "sweep", "advise", "train --auto-batch"})
  void aFileForOneBatchLeavesNoneToChoose(String command) throws Exception {
    Path fixed = forBatch64();
    Run run = Run.line(command + " " + fixed + " --data digits");
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("takes batches of 64 alone", "dynamic_shapes");
  }

  @Test
  void aFileForOneBatchIsPlannedAtIt() throws Exception {
    Path fixed = forBatch64();
    Run run = plan(fixed, "--batch 7 --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().get("batch").asLong()).isEqualTo(64);
    assertThat(run.json().at("/iterations/1/peakLiveBytes").asLong()).isEqualTo(2_634_944);
    assertThat(run.json().has("largestBatch")).isFalse();
    assertThat(run.json().get("assumptions").toString())
        .contains("exported for batch 64 alone")
        .contains("not 7")
        .contains("dynamic_shapes");
    assertThat(plan(fixed, "").out()).contains("Batch 64 needs").contains("dynamic_shapes");
    assertThat(plan(fixed, "--budget 1MiB").exit()).isEqualTo(Exit.DOES_NOT_FIT);
  }

  private Path withOperator(String name) throws Exception {
    return changed("mlp_784_128_10", text -> text.replace("aten.relu.default", name));
  }

  @Test
  void anUnknownOperatorIsNamedAndRecorded() throws Exception {
    Path strange = withOperator("aten.special_erfcx.default");
    Run written = plan(strange, "--ledger written");
    assertThat(written.exit()).isEqualTo(Exit.INPUT);
    assertThat(written.err())
        .contains("aten.special_erfcx.default (called once, by relu)")
        .contains("--ledger recorded");
    Run auto = plan(strange, "--batch 64 --json");
    assertThat(auto.exit()).as(auto.err()).isEqualTo(Exit.OK);
    assertThat(auto.json().get("ledger").asText()).isEqualTo("recorded");
    assertThat(auto.json().get("assumptions").toString())
        .contains("recorded, since no rule says what these operators allocate")
        .contains("aten.special_erfcx.default")
        .contains("target int64[B]");
    // relu keeps 64 x 128 results, erfcx its input as well.
    assertThat(auto.json().at("/bytes/SAVED_FOR_BACKWARD").asLong())
        .isEqualTo(35_332 + 64 * 128 * 4);
  }

  @Test
  void whatCannotBeDifferentiatedIsSaid() throws Exception {
    Path file = withOperator("aten.special_bessel_j0.default");
    Run run = plan(file, "--batch 64");
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err().replaceAll("\\s+", " "))
        .contains("fc1.weight and 1 more get no gradient: the loss does not reach them")
        .contains(
            "If that is meant, say so with --freeze fc1, or freeze with requires_grad_(False)");
    assertThat(plan(file, "--batch 64 --freeze fc1").exit()).isEqualTo(Exit.OK);
  }

  @Test
  void recordedEqualsWritten() {
    String line = "plan " + EXPORT.resolve("mlp_784_128_10.pt2") + " --batch 200 --json --ledger ";
    JsonNode written = Run.line(line + "written").json();
    Run run = Run.line(line + "recorded");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().get("ledger").asText()).isEqualTo("recorded");
    assertThat(run.json().get("bytes")).isEqualTo(written.get("bytes"));
    assertThat(run.json().get("iterations")).isEqualTo(written.get("iterations"));
    assertThat(run.json().get("largestBatch")).isEqualTo(written.get("largestBatch"));
  }

  @Test
  void describesIt() {
    Run run = Run.line("describe " + EXPORT.resolve("lenet5.pt2"));
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("c1 (Conv2d)").contains("B x 6 x 28 x 28").contains("61,706");
  }

  @Test
  void trainsFromItsWeights() {
    Run run =
        Run.line("train " + EXPORT.resolve("mlp_784_128_10.stored.pt2") + " --data digits --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/test/accuracy").asDouble()).isGreaterThan(0.5);
    assertThat(run.json().at("/measured/iterations/1/peakLiveBytes"))
        .isEqualTo(run.json().at("/iterations/1/peakLiveBytes"));
  }

  @Test
  void trainsOnRandomTokens() {
    Run run =
        Run.line(
            "train " + EXPORT.resolve("lstm_classifier.pt2") + " --batch 8 --onednn off --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().get("assumptions").toString()).contains("random samples");
    assertThat(run.json().at("/measured/iterations")).isEqualTo(run.json().get("iterations"));
  }

  @Test
  void whatIsNotForAFile() throws Exception {
    Path file = EXPORT.resolve("lenet5.pt2");
    assertThat(plan(file, "--input 1x28x28").exit()).isEqualTo(Exit.USAGE);
    assertThat(plan(file, "--hidden 20").exit()).isEqualTo(Exit.USAGE);
    assertThat(plan(file, "--model other").err()).contains("has no model 'other'");
    assertThat(Run.line("plan mlp --model other").exit()).isEqualTo(Exit.USAGE);
    assertThat(plan(file, "--data cifar10").exit()).isEqualTo(Exit.INPUT);
    Run missing = plan("nowhere/net.pt2", "");
    assertThat(missing.exit()).isEqualTo(Exit.INPUT);
    assertThat(missing.err())
        .contains("nowhere/net.pt2: there is no such file", "Check its name and its folder");
    Path text = Files.writeString(folder.resolve("net.pt2"), "hello");
    assertThat(plan(text, "").exit()).isEqualTo(Exit.INPUT);
    assertThat(plan(text, "").err()).contains("neither a .pt2 archive").doesNotContain("\tat ");
  }
}
