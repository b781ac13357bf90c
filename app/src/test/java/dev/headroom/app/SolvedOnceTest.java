package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often a plan solves for the largest batch: calls as the JVM itself traces them (JEP 520). */
class SolvedOnceTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "plan mlp --budget 64MiB",
        "plan mlp --data mnist --budget 64MiB",
        "plan mlp --data mnist --batch 20000 --budget 128MiB",
        "plan mlp --data mnist --budget 64MiB --ledger recorded",
        "plan lenet --data mnist --budget 256MiB",
        "plan gpt --budget 1GiB",
        "plan resnet18 --device rtx3090 --budget 8GiB",
      })
  void aBudgetIsSolvedOnce(String line, @TempDir Path folder) throws Exception {
    Path file = folder.resolve("calls.jfr");
    try (Recording recording = new Recording()) {
      recording
          .enable("jdk.MethodTrace")
          .with("filter", "dev.headroom.plan.LargestBatch::solve")
          .withoutThreshold();
      recording.start();
      Run run = Run.line(line);
      recording.stop();
      assertThat(run.exit()).as(run.err()).isEqualTo(Exit.OK);
      assertThat(run.out()).contains("argest batch that");
      recording.dump(file);
    }
    assertThat(RecordingFile.readAllEvents(file)).hasSize(1);
  }
}
