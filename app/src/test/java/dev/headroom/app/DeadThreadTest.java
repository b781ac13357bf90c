package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thread that ends in the middle of training ends the run, which says so and leaves nothing. */
class DeadThreadTest {
  private static final String TRAIN =
      "train mlp --batch 250 --epochs 3 --optimizer momentum --seed 3 --quiet";

  @TempDir private Path folder;

  @Test
  void aLoaderThatDiesEndsTheRunWhichCanGoOn() throws Exception {
    Path checkpoints = folder.resolve("checkpoints");
    String line = TRAIN + " --checkpoint-dir " + checkpoints + " --checkpoint-every 1";
    CompletableFuture<Run> training = start(line);
    while (!training.isDone() && !hasFile(checkpoints)) {
      Thread.sleep(5);
    }
    while (!training.isDone()) {
      loaders().forEach(Thread::interrupt);
      Thread.sleep(5);
    }
    Run run = training.get();
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.THREAD_DIED);
    assertThat(run.err())
        .startsWith("error: a thread that prepares batches died before batch ")
        .contains("it was interrupted")
        .doesNotContain("\tat ");
    nothingIsLeft();
    try (var files = Files.list(checkpoints)) {
      assertThat(files).allMatch(f -> f.getFileName().toString().matches("step-\\d+\\.\\w+"));
    }

    Path resumed = folder.resolve("resumed.safetensors");
    Path whole = folder.resolve("whole.safetensors");
    Run second = Run.line(line + " --resume --save " + resumed);
    assertThat(second.exit()).as(second.err()).isEqualTo(Exit.OK);
    assertThat(Run.line(TRAIN + " --save " + whole).exit()).isEqualTo(Exit.OK);
    assertThat(resumed).hasSameBinaryContentAs(whole);
  }

  @Test
  void soDoesATrainingThreadThatIsToEnd() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    CompletableFuture<Run> training =
        CompletableFuture.supplyAsync(
            () -> {
              thread.complete(Thread.currentThread());
              return Run.line(TRAIN);
            },
            task -> Thread.ofPlatform().start(task));
    while (!training.isDone() && loaders().isEmpty()) {
      Thread.sleep(5);
    }
    thread.get().interrupt();
    Run run = end(training);
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.THREAD_DIED);
    assertThat(run.err()).startsWith("error: the training thread was interrupted while it waited");
    nothingIsLeft();
  }

  private static CompletableFuture<Run> start(String line) {
    return CompletableFuture.supplyAsync(
        () -> Run.line(line), task -> Thread.ofPlatform().start(task));
  }

  private static Run end(CompletableFuture<Run> training) throws Exception {
    try {
      return training.get(2, TimeUnit.MINUTES);
    } catch (TimeoutException e) {
      throw new AssertionError("the run hangs", e);
    }
  }

  /** The next run would be refused a recorder if this one had left its own, and so on. */
  private static void nothingIsLeft() {
    assertThat(loaders()).isEmpty();
    assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)).isEmpty();
  }

  private static List<Thread> loaders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("headroom-batches") && thread.isAlive())
        .toList();
  }

  private static boolean hasFile(Path folder) throws Exception {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (var files = Files.list(folder)) {
      return files.anyMatch(f -> f.getFileName().toString().startsWith("step-"));
    }
  }
}
