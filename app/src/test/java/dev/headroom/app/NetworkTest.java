package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Built-in networks by name: their sizes, and what their settings change. */
class NetworkTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mlp                              | 101770
          mlp --data cifar10               | 394634
          mlp --hidden 256,128             | 235146
          lenet                            | 61706
          lenet --data cifar10             | 83126
          cnn                              | 545290
          resnet18                         | 11689512
          resnet18 --data cifar10          | 11181642
          resnet18 --input 3x32x32         | 11689512
          resnet18 --data mnist            | 11175370
          resnet50                         | 25557032
          resnet50 --classes 10            | 23528522
          vgg16                            | 138357544
          vgg16_bn                         | 138365992
          mobilenet_v2                     | 3504872
          """)
  void describeCountsParameters(String network, long parameters) {
    Run run = Run.line("describe " + network + " --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().path("parameters").asLong()).isEqualTo(parameters);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          describe resnt18                     | Did you mean resnet18?
          describe mlp --layers 3              | mlp has no setting --layers
          describe resnet18 --hidden 3         | It has --classes.
          describe resnet18 --input 784        | a sample of 784 is none
          describe lenet --input 1x8x8         | needs images of at least 12x12, not 1x8x8
          describe vgg11 --data mnist          | needs images of at least 32x32
          describe cnn --data cifar10 --classes 3 | cifar10 has 10 classes, more than --classes 3
          train resnet18                       | Say what to train on, such as --data cifar10
          """)
  void refusesWhatDoesNotFit(String line, String words) {
    Run run = Run.line(line);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.USAGE);
    assertThat(run.err()).contains(words);
  }
}
