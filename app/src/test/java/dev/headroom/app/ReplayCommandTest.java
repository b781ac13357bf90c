package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code headroom replay}, as a user types it. */
class ReplayCommandTest {
  @TempDir Path folder;
  private Path snapshot;

  @BeforeEach
  void copy() throws IOException {
    snapshot = folder.resolve("made.pickle");
    try (InputStream in = ReplayCommandTest.class.getResourceAsStream("made.pickle")) {
      Files.copy(in, snapshot);
    }
  }

  @Test
  void jsonHasTheAgreedFields() {
    Run run = Run.of("replay", snapshot.toString(), "--json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    JsonNode json = run.json();
    assertThat(json.get("allocations").asInt()).isEqualTo(6);
    assertThat(json.get("atRealAddress").asInt()).isEqualTo(6);
    assertThat(json.get("segmentAllocations").asInt()).isEqualTo(2);
    assertThat(json.get("segmentAllocationsMatched").asInt()).isEqualTo(2);
    assertThat(json.get("peak").get("reservedBytes").asLong()).isEqualTo(22L << 20);
    assertThat(json.get("peak").get("allocatedBytes").asLong())
        .isEqualTo(5_000_192 + 3_000_320 + 1024 + 512 + 512);
    JsonNode holder = json.get("holders").get(0);
    assertThat(holder.get("operator").asText()).isEqualTo("mm");
    assertThat(holder.get("line").asText()).isEqualTo("net.py:12 forward");
    assertThat(json.has("whatIf")).isFalse();
  }

  @Test
  void theTextFitsEightyColumnsAndSaysWhoHeldThePeak() {
    Run run = Run.of("replay", snapshot.toString(), "--alloc-conf", "expandable_segments:True");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    assertThat(run.out()).contains("6 of 6 allocations", "net.py:12 forward", "What if:");
    assertThat(run.out().lines()).allMatch(line -> line.codePointCount(0, line.length()) <= 80);
  }

  @Test
  void aSmallerCardRunsOutOfMemory() throws IOException {
    Path card = folder.resolve("tiny.json");
    Files.writeString(
        card,
        "{\"name\": \"tiny\", \"memoryMiB\": 40, \"computeCapability\": \"8.6\","
            + " \"contextMiB\": 30}");
    Run run = Run.of("replay", snapshot.toString(), "--device", card.toString(), "--json");
    assertThat(run.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(run.json().get("whatIf").get("fits").asBoolean()).isFalse();
    assertThat(run.json().get("whatIf").get("failedAtEvent").asInt()).isEqualTo(1);
    Run large = Run.of("replay", snapshot.toString(), "--device", "RTX-3090", "--json");
    assertThat(large.exit()).isEqualTo(Exit.OK);
    assertThat(large.json().get("whatIf").get("notes").toString()).contains("not measured");
  }

  @Test
  void emptyingTheCacheGivesSegmentsBack() {
    Run run = Run.of("replay", snapshot.toString(), "--empty-cache-at", "6", "--json");
    assertThat(run.exit()).isEqualTo(Exit.OK);
    assertThat(run.json().get("whatIf").get("peak").get("reservedBytes").asLong())
        .isEqualTo(22L << 20);
    assertThat(Run.of("replay", snapshot.toString(), "--empty-cache-at", "99").exit())
        .isEqualTo(Exit.USAGE);
  }

  @Test
  void wrongInputEndsWithOneMessage() throws IOException {
    Path evil = folder.resolve("evil.pickle");
    Files.writeString(evil, "cos\nsystem\n(S'echo'\ntR.");
    Run run = Run.of("replay", evil.toString());
    assertThat(run.exit()).isEqualTo(Exit.INPUT);
    assertThat(run.err()).contains("evil.pickle", "os.system", "refused").doesNotContain("\tat ");
    assertThat(Run.of("replay", folder.resolve("none").toString()).exit()).isEqualTo(Exit.INPUT);
    assertThat(Run.of("replay", snapshot.toString(), "--alloc-conf", "x:1").exit())
        .isEqualTo(Exit.USAGE);
    assertThat(Run.of("replay", snapshot.toString(), "--device", "x").err()).contains("rtx3090");
  }
}
