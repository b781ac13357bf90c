package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
          vit_b_16                         | 86567656
          vit_h_14                         | 632045800
          vit_b_16 --input 3x64x64 --classes 10 | 85668106
          convnext_tiny                    | 28589128
          gpt                              | 3704320
          gpt --tied                       | 3448320
          gpt --layers 12 --width 768 --heads 12 --vocab 50257 --sequence 1024 --tied | 124439808
          lstm                             | 164618
          """)
  void describeCountsParameters(String network, long parameters) {
    Run run = Run.line("describe " + network + " --json");
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
    assertThat(run.json().path("parameters").asLong()).isEqualTo(parameters);
    long inLayers = 0;
    for (JsonNode layer : run.json().path("layers")) {
      inLayers += layer.path("parameters").asLong();
    }
    assertThat(inLayers).isEqualTo(parameters);
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
          describe gpt --data cifar10          | gpt takes tokens, not samples of 3x32x32
          describe gpt --heads 3               | 3 heads do not divide a width of 256
          describe gpt --classes 3             | gpt has no setting --classes
          describe vit_b_16 --data mnist       | patches of 16x16, not 1x28x28
          describe vit_b_16 --input 3x64x32    | patches of 16x16, not 3x64x32
          plan mlp --checkpoint blocks          | mlp has no blocks to checkpoint
          train resnet18                       | Say what to train on, such as --data cifar10
          """)
  void refusesWhatDoesNotFit(String line, String words) {
    Run run = Run.line(line);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.USAGE);
    assertThat(run.err()).contains(words);
  }
}
