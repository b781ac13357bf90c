package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real training runs on the generated sets. */
class TrainCommandTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "digits --batch 64",
        "shapes --batch 50 --accumulate 3",
        "digits --batch 64 --precision bf16",
        "digits --batch 64 --set-to-none off"
      })
  void itLearnsAndWasPredictedToTheByte(String options) {
    Run run = Run.line("train mlp --json --quiet --epochs 2 --data " + options);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.at("/test/accuracy").asDouble()).isBetween(0.9, 1.0);
    assertThat(json.at("/measured/iterations")).isEqualTo(json.get("iterations"));
    assertThat(json.at("/measured/byCategory")).isEqualTo(json.get("bytes"));
  }

  /** Whether oneDNN computes it depends on the processor, and so does what is kept and copied. */
  @Test
  void convolutionsInBfloat16ArePredictedForThisProcessor() {
    Run run = Run.line("train lenet --precision bf16 --json --quiet --batch 500");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.at("/measured/byCategory")).isEqualTo(json.get("bytes"));
    for (int i = 0; i < 2; i++) {
      // Kernels' scratch comes on top; without it nothing measured can be below the prediction.
      assertThat(json.at("/measured/iterations/" + i + "/peakLiveBytes").asLong())
          .isGreaterThanOrEqualTo(json.at("/iterations/" + i + "/peakLiveBytes").asLong());
    }
  }

  @Test
  void theNoiseScaleIsMeasuredOnTheSideAndPlanned() {
    Run run = Run.line("train mlp --json --quiet --epochs 4 --noise-layers");
    JsonNode json = run.json();
    JsonNode scales = json.get("noiseScale");
    assertThat(scales.size()).isBetween(3, 8);
    JsonNode last = scales.get(scales.size() - 1);
    assertThat(last.get("value").asDouble()).isBetween(20.0, 20_000.0);
    assertThat(json.get("noiseScaleByModule").fieldNames())
        .toIterable()
        .containsExactly("fc1", "fc2");
    // A probe holds one more copy of the gradients, but no batch larger than the training's.
    assertThat(json.at("/noiseProbes/peakLiveBytes").asLong())
        .isBetween(
            json.at("/peak/liveBytes").asLong(), json.at("/peak/liveBytes").asLong() + 407_080);
  }

  @Test
  void anUntrainedGuessIsOneInTen() {
    Run run = Run.line("train mlp --json --quiet --lr 1e-12 --optimizer sgd");
    assertThat(run.json().at("/test/accuracy").asDouble()).isBetween(0.03, 0.25);
  }

  @Test
  void aSeedDecidesEverything(@TempDir Path folder) throws Exception {
    for (String name : new String[] {"a", "b"}) {
      Run.of("train", "mlp", "--quiet", "--seed", "7", "--save", folder.resolve(name).toString());
    }
    assertThat(folder.resolve("a")).hasSameBinaryContentAs(folder.resolve("b"));
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  /** An average is kept of what is frozen too, and Adagrad has a state for it. */
  @ParameterizedTest
  @ValueSource(strings = {"--freeze fc1.weight --ema 0.9", "--train-only fc2 --optimizer adagrad"})
  void whatIsFrozenWasPredictedToTheByte(String options) {
    Run run = Run.line("train mlp --json --quiet --epochs 1 --data digits " + options);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.get("frozenParameters").asLong()).isGreaterThanOrEqualTo(100_352);
    assertThat(json.at("/measured/iterations")).isEqualTo(json.get("iterations"));
    assertThat(json.at("/measured/byCategory")).isEqualTo(json.get("bytes"));
  }

  @Test
  void whatIsFrozenStaysAsItWas(@TempDir Path folder) throws Exception {
    byte[][] saved = new byte[3][];
    String[] options = {"--lr 1e-3 --freeze fc1", "--lr 1e-2 --freeze fc1", "--lr 1e-2"};
    for (int i = 0; i < saved.length; i++) {
      Path file = folder.resolve("w" + i);
      Run run = Run.line("train mlp --quiet --epochs 1 --seed 3 --save " + file + " " + options[i]);
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
      saved[i] = tensor(file, "fc1.weight");
      assertThat(saved[i]).hasSize(4 * 784 * 128);
    }
    assertThat(saved[0]).isEqualTo(saved[1]).isNotEqualTo(saved[2]);
    assertThat(tensor(folder.resolve("w0"), "fc2.weight"))
        .isNotEqualTo(tensor(folder.resolve("w1"), "fc2.weight"));
    Run plan = Run.line("plan mlp --freeze fc1");
    assertThat(plan.out()).contains("not trained are 100,480 of 101,770 parameters: fc1");
  }

  private static byte[] tensor(Path file, String name) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    JsonNode json = new ObjectMapper().readTree(new String(header, StandardCharsets.UTF_8));
    JsonNode offsets = json.get(name).get("data_offsets");
    byte[] values = new byte[offsets.get(1).asInt() - offsets.get(0).asInt()];
    bytes.position(bytes.position() + offsets.get(0).asInt()).get(values);
    return values;
  }

  @Test
  void theSavedFileIsSafetensors(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("w.safetensors");
    Run.of("train", "mlp", "--quiet", "--save", file.toString());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    JsonNode json = new ObjectMapper().readTree(new String(header, StandardCharsets.UTF_8));
    assertThat(json.at("/fc1.weight/shape").toString()).isEqualTo("[128,784]");
    assertThat(json.at("/fc2.bias/dtype").asText()).isEqualTo("F32");
    assertThat(json.at("/fc2.bias/data_offsets/1").asInt()).isEqualTo(bytes.remaining());
    assertThat(bytes.remaining()).isEqualTo(407_080);
  }

  /** As {@code state_dict()} names them: 12 parameters, and three buffers per batch norm. */
  @Test
  void buffersAreSavedToo(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("w.safetensors");
    Run run = Run.line("train cnn --data digits --batch 500 --quiet --json --save " + file);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    JsonNode json = new ObjectMapper().readTree(new String(header, StandardCharsets.UTF_8));
    assertThat(json).hasSize(18);
    assertThat(json.get("features.1.running_mean").get("shape").toString()).isEqualTo("[32]");
    assertThat(json.get("features.5.running_var").get("dtype").asText()).isEqualTo("F32");
    JsonNode counter = json.get("features.5.num_batches_tracked");
    assertThat(counter.get("dtype").asText()).isEqualTo("I64");
    assertThat(counter.get("shape").toString()).isEqualTo("[]");
    assertThat(bytes.getLong(bytes.position() + counter.get("data_offsets").get(0).asInt()))
        .isEqualTo(run.json().get("steps").asLong());
  }

  @Test
  void pythonReadsTheSavedFile(@TempDir Path folder) throws Exception {
    String python = System.getenv().getOrDefault("HEADROOM_PYTHON", "python3");
    Assumptions.assumeTrue(
        runs(python, "-c", "import safetensors, numpy"),
        "skipped: no Python with safetensors (set HEADROOM_PYTHON)");
    Path file = folder.resolve("w.safetensors");
    Run.of("train", "mlp", "--quiet", "--save", file.toString());
    String script =
        "import sys; from safetensors.numpy import load_file; w = load_file(sys.argv[1]);"
            + " assert w['fc1.weight'].shape == (128, 784) and abs(w['fc1.weight']).max() > 0.036";
    assertThat(runs(python, "-c", script, file.toString())).isTrue();
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aLossThatIsNoNumberEndsTheRun() {
    Run run = Run.line("train mlp --optimizer sgd --lr 1e30 --quiet");
    assertThat(run.exit()).isEqualTo(Exit.DIVERGED);
    assertThat(run.err())
        .contains(
            "training diverged: the loss is NaN at step 2", "come out of fc2 (aten.linear", "--lr");
  }

  @Test
  void aSignalEndsItCleanlyWithTheResult(@TempDir Path folder) throws Exception {
    Path save = folder.resolve("w.safetensors");
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.headroom.app.Main",
                "train",
                "mlp",
                "--epochs",
                "100000",
                "--save",
                save.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      // Progress comes only after a tenth, so the time that the process has used says that it
      // trains.
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (process.isAlive()
          && process.info().totalCpuDuration().map(d -> d.toSeconds() < 5).orElse(false)
          && System.nanoTime() < deadline) {
        Thread.sleep(100);
      }
      // SIGTERM, not SIGINT: a shell that runs tests in the background has its children ignore
      // that.
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(err)).isEqualTo(143);
    assertThat(Files.readString(out)).contains("interrupted after", "Predicted = measured");
    assertThat(save).exists();
  }
}
