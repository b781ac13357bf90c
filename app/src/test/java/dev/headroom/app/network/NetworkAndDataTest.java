package dev.headroom.app.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.Exit;
import dev.headroom.app.Run;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import javax.imageio.ImageIO;
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

  /** The MLP for MNIST with another number of outputs. */
  private Path withOutputs(int count, UnaryOperator<String> more) throws Exception {
    return ModelText.changed(
        ModelText.EXPORT.resolve("mlp_784_128_10.model.json.gz"),
        folder,
        text -> more.apply(text.replace("{\"as_int\": 10}", "{\"as_int\": " + count + "}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plan NETWORK --batch 8",
        "plan NETWORK --batch 8 --ledger recorded",
        "plan NETWORK --batch 8 --loss nll",
        "plan NETWORK --batch 8 --device rtx3090",
        "fit NETWORK --budget 64MiB",
        "train NETWORK",
        "train NETWORK --target-shape B",
        "sweep NETWORK --batches 500 --seeds 1 --epochs 1",
        "advise NETWORK --seconds 1",
      })
  void labelsWithoutAnOutputAreSaidBeforeAnythingRuns(String command) throws Exception {
    Path seven = withOutputs(7, text -> text);
    for (String data : new String[] {"digits", "mnist"}) {
      Run run = run(command, seven, "--data " + data);
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
      assertThat(run.out()).isEmpty();
      assertThat(run.err().replaceAll("\\s+", " "))
          .contains("net gives 7 values for each sample, data set " + data + " has 10 classes")
          .contains("labels from 7 on", "export the network with 10 outputs")
          .doesNotContain("libtorch refused", "recording", "probing");
    }
  }

  @Test
  void theyAreSaidWhereOnlyLibtorchKnowsTheOutput() throws Exception {
    Path strange =
        withOutputs(7, text -> text.replace("aten.relu.default", "aten.special_erfcx.default"));
    for (String options : new String[] {"plan NETWORK", "train NETWORK --target-shape B"}) {
      Run run = run(options, strange, "--data digits");
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
      assertThat(run.err()).contains("net gives 7 values for each sample, data set digits has 10");
    }
    Run random = run("train NETWORK", strange, "");
    assertThat(random.exit()).as(random.err()).isEqualTo(Exit.OK);
    assertThat(random.out()).contains("net on random samples");
  }

  @Test
  void noSetOfTooManyClassesIsTakenByItself() throws Exception {
    Run run = run("train NETWORK", withOutputs(7, text -> text), "");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("net on random samples");
  }

  @Test
  void aLossOverValuesHasNoClasses() throws Exception {
    Path seven = withOutputs(7, text -> text);
    Run run = run("plan NETWORK --batch 8 --loss mse --json", seven, "--data digits");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/bytes/INPUT").asLong()).isEqualTo(8 * (784 + 7) * 4);
  }

  /** PyTorch's cross_entropy takes any label below the number of outputs. */
  @Test
  void moreOutputsThanClassesTrain() throws Exception {
    Run run = run("train NETWORK --json", withOutputs(12, text -> text), "--data digits");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().at("/test/accuracy").asDouble()).isGreaterThan(0.5);
  }

  /** A network as torch.export wrote it, 3 x 16 x 16 to 10 values, and folders of images. */
  @Test
  void aFolderOfImagesHasAsManyClassesAsFolders() throws Exception {
    Path network =
        ModelText.changed(
            ModelText.UNSEEN.resolve("circular.model.json.gz"), folder, text -> text + "\n");
    Path images = Files.createDirectory(folder.resolve("images"));
    for (int c = 0; c < 12; c++) {
      Path ofClass = Files.createDirectory(images.resolve("class" + (char) ('a' + c)));
      for (int i = 0; i < 10; i++) {
        BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        image.setRGB(c, i, 0xffffff);
        ImageIO.write(image, "png", ofClass.resolve(i + ".png").toFile());
      }
      Run run = run("train NETWORK --batch 1", network, "--data " + images);
      if (c < 10) {
        assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
      } else {
        assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
        assertThat(run.err().replaceAll("\\s+", " "))
            .contains(
                "net gives 10 values for each sample, data set " + images + " has " + (c + 1));
      }
    }
  }
}
