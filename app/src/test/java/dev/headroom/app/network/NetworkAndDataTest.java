package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a network from a file and a data set fit together is said before anything runs. */
class NetworkAndDataTest {
  @TempDir Path folder;

  private String history;

  @BeforeEach
  void aHistoryOfItsOwn() {
    history = " --history " + folder.resolve("runs.db");
  }

  /** A command on a network and a set, small enough to end soon where nothing stops it. */
  private Run run(String command, Object network, String options) {
    String line = command.replace("NETWORK", network.toString()) + " " + options;
    return Run.line(line.startsWith("sweep") ? line + history : line);
  }

  /** Takes 1 x 12 x 16 x 16: as many values as 3 x 32 x 32. */
  private Path volumes() throws Exception {
    return ModelText.changed(
        ModelText.UNSEEN.resolve("conv3d.model.json.gz"),
        folder,
        text ->
            text.replace(
                    "{\"as_int\":1},{\"as_int\":8},{\"as_int\":16},{\"as_int\":16}]",
                    "{\"as_int\":1},{\"as_int\":12},{\"as_int\":16},{\"as_int\":16}]")
                .replace(
                    "[{\"as_int\":2048},{\"as_int\":2048}",
                    "[{\"as_int\":3072},{\"as_int\":3072}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "describe NETWORK",
        "plan NETWORK --batch 8",
        "plan NETWORK --batch 8 --device rtx3090",
        "fit NETWORK --budget 64MiB",
        "train NETWORK --batch 500",
        "sweep NETWORK --batches 500 --seeds 1 --epochs 1",
        "advise NETWORK --seconds 1",
      })
  void asManyValuesInAnotherShapeAreNoImage(String command) throws Exception {
    for (String data : new String[] {"shapes", "cifar10"}) {
      Run run = run(command, volumes(), "--data " + data);
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
      assertThat(run.out()).isEmpty();
      assertThat(run.err().replaceAll("\\s+", " "))
          .contains("net takes B x 1 x 12 x 16 x 16, an image of " + data + " is 3 x 32 x 32")
          .contains("export the network for samples of 3 x 32 x 32, or of 3072 values in a row")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void noSetIsTakenForThemByItself() throws Exception {
    Run run = run("train NETWORK --batch 8", volumes(), "");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("net on random samples");
  }

  @ParameterizedTest
  @CsvSource({
    "smallcnn, cifar10, 12288",
    "lenet5, mnist, 3136",
    "mlp_784_128_10, mnist, 3136",
  })
  void itsOwnShapeAndAllValuesInARowAreImages(String network, String data, long bytes) {
    Run run =
        run("plan NETWORK --json", ModelText.EXPORT.resolve(network + ".pt2"), "--data " + data);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    // An image in float32, and its label in int64.
    assertThat(run.json().at("/bytes/INPUT").asLong()).isEqualTo(64 * (bytes + 8));
  }

  private Path inFloat64() throws Exception {
    return ModelText.changed(
        ModelText.EXPORT.resolve("mlp_784_128_10.model.json.gz"),
        folder,
        text -> text.replace("{\"dtype\": 7,", "{\"dtype\": 8,"));
  }

  @Test
  void imagesAreNotConvertedForANetworkButPlannedFor() throws Exception {
    Path file = inFloat64();
    Run plan = run("plan NETWORK --batch 64 --json", file, "--data digits");
    assertThat(plan.exit()).as(plan.err()).isEqualTo(Exit.OK);
    assertThat(plan.json().at("/bytes/INPUT").asLong()).isEqualTo(64 * (784 * 8 + 8));
    for (String command :
        new String[] {
          "train NETWORK", "sweep NETWORK --batches 500 --seeds 1", "advise NETWORK --seconds 1"
        }) {
      Run run = run(command, file, "--data digits");
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
      assertThat(run.err()).contains("net takes B x 784 of float64, images of digits are read as");
    }
    Run random = run("train NETWORK", file, "");
    assertThat(random.exit()).as(random.err()).isEqualTo(Exit.OK);
    assertThat(random.out()).contains("on random samples");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train NETWORK",
        "sweep NETWORK --batches 500 --seeds 1 --epochs 1",
        "advise NETWORK --seconds 1"
      })
  void labelsAreNoValues(String command) {
    Path file = ModelText.EXPORT.resolve("mlp_784_128_10.pt2");
    Run run = run(command, file, "--data digits --loss mse");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("is held against float32[B, 10], digits gives the number of");
  }

  @Test
  void filesOfOtherImagesAreNotTakenForASet() throws Exception {
    Path mnist = Files.createDirectory(folder.resolve("mnist"));
    for (String part : new String[] {"train", "t10k"}) {
      Files.write(
          mnist.resolve(part + "-images-idx3-ubyte"),
          ByteBuffer.allocate(16 + 20 * 32 * 32)
              .putInt(0x803)
              .putInt(20)
              .putInt(32)
              .putInt(32)
              .array());
      Files.write(
          mnist.resolve(part + "-labels-idx1-ubyte"),
          ByteBuffer.allocate(8 + 20).putInt(0x801).putInt(20).array());
    }
    Run run = Run.line("train mlp --data mnist --batch 4 --data-dir " + folder);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
    assertThat(run.err().replaceAll("\\s+", " "))
        .contains(
            "an image of mnist is 1 x 28 x 28, in the files that were found it is 1 x 32 x 32")
        .contains("--data-dir");
  }
}
