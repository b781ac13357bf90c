package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What scripts read. */
class PlanJsonTest {
  @Test
  void theLessonsNetworkInFull() {
    Run run = Run.line("plan mlp --data mnist --batch 64 --optimizer adam --budget 1GiB --json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.get("schema").asText()).isEqualTo("headroom/1");
    assertThat(json.get("network").asText()).isEqualTo("mlp");
    assertThat(json.get("parameters").asLong()).isEqualTo(101_770);
    assertThat(json.get("batch").asLong()).isEqualTo(64);
    assertThat(json.get("recipe").toString())
        .contains(
            "\"optimizer\":\"adam\"",
            "\"implementation\":\"for-loop\"",
            "\"precision\":\"fp32\"",
            "\"accumulate\":1",
            "\"checkpoint\":\"none\"",
            "\"batchArrival\":\"replace\"");
    assertThat(json.at("/device/name").asText()).isEqualTo("cpu");
    assertThat(json.at("/device/totalBytes").isNull()).isTrue();
    assertThat(json.get("ledger").asText()).isEqualTo("written");
    JsonNode bytes = json.get("bytes");
    assertThat(bytes.get("PARAMETER").asLong()).isEqualTo(407_080);
    assertThat(bytes.get("BUFFER").asLong()).isZero();
    assertThat(bytes.get("GRADIENT").asLong()).isEqualTo(407_080);
    assertThat(bytes.get("OPTIMIZER_STATE").asLong()).isEqualTo(814_176);
    assertThat(bytes.get("INPUT").asLong()).isEqualTo(201_216);
    assertThat(bytes.get("SAVED_FOR_BACKWARD").asLong()).isEqualTo(35_332);
    JsonNode peak = json.get("peak");
    long sum = 0;
    for (JsonNode part : peak.get("byCategory")) {
      sum += part.asLong();
    }
    assertThat(peak.get("liveBytes").asLong()).isEqualTo(sum).isEqualTo(2_634_944);
    assertThat(peak.get("usedBytes").asLong()).isEqualTo(2_634_944);
    assertThat(json.get("iterations")).hasSize(2);
    assertThat(json.at("/iterations/0/iteration").asInt()).isEqualTo(1);
    long fits = json.at("/largestBatch/fits").asLong();
    assertThat(json.at("/largestBatch/failsAt").asLong()).isEqualTo(fits + 1);
    assertThat(json.at("/largestBatch/recommended").asLong())
        .isEqualTo(Math.min(60_000, fits * 4 / 5));
    assertThat(json.get("notIncluded")).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad"})
  void theLargestBatchIsTheLargest(String optimizer) {
    String line = "plan mlp --input 784 --optimizer " + optimizer + " --json --budget 64MiB";
    long fits = Run.line(line).json().at("/largestBatch/fits").asLong();
    assertThat(peak(line + " --batch " + fits)).isLessThanOrEqualTo(64L << 20);
    assertThat(peak(line + " --batch " + (fits + 1))).isGreaterThan(64L << 20);
  }

  private static long peak(String line) {
    return Run.line(line).json().at("/peak/liveBytes").asLong();
  }

  @Test
  void withoutABudgetThisMachineIsTheBudget() {
    JsonNode json = Run.line("plan mlp --json").json();
    assertThat(json.at("/budget/source").asText()).isEqualTo("machine");
    assertThat(json.at("/largestBatch/fits").asLong()).isGreaterThan(64);
  }

  @Test
  void describeCountsWhatTheLessonCounts() {
    assertThat(Run.line("describe mlp --data mnist --json").json().get("parameters").asLong())
        .isEqualTo(101_770);
    assertThat(Run.line("describe mlp --data cifar10 --json").json().get("parameters").asLong())
        .isEqualTo(394_634);
    assertThat(Run.line("describe mlp --data mnist").out())
        .contains("B x 784", "101,770", "B is the batch. It is not part of the model");
  }

  @Test
  void everyCommandHasHelpWithAnExampleThatFits() {
    for (String command : Run.line("--help").out().lines().toList()) {
      assertThat(command.length()).as(command).isLessThanOrEqualTo(80);
    }
    for (String name :
        new String[] {"demo", "data", "describe", "plan", "train", "compare", "doctor"}) {
      Run run = Run.line(name + " --help");
      assertThat(run.exit()).isEqualTo(Exit.OK);
      assertThat(run.out()).contains("Example:", "headroom " + name);
      assertThat(run.out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(80));
    }
  }
}
