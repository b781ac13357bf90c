package dev.headroom.app.train;

import dev.headroom.app.InputException;
import dev.headroom.app.UsageException;
import dev.headroom.tensor.TensorType;
import dev.headroom.torch.RandomState;
import dev.headroom.torch.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Writes checkpoints while a run goes on and brings it back from the newest valid one. A checkpoint
 * holds parameters, buffers, optimizer state, libtorch's random state, and in its metadata the
 * position and what the other companions remember: a run that goes on from it computes the same
 * bits as one that never ended.
 */
public final class Checkpoints implements Companion {
  private static final String RANDOM = "random.cpu";
  private static final String STEP = "step";
  private static final String RECIPE = "recipe.";

  /** What to do when a checkpoint cannot be written. */
  public enum OnError {
    STOP,
    CONTINUE
  }

  /**
   * How to keep them.
   *
   * @param folder where they lie
   * @param everySteps write one after so many optimizer steps, 0 for after every pass only
   * @param keep how many of the newest stay
   * @param resume whether to go on from the newest valid one
   * @param onError what to do when one cannot be written
   * @param recipe what a run must agree on to be the same run, by the option that sets it
   */
  public record Settings(
      Path folder,
      long everySteps,
      int keep,
      boolean resume,
      OnError onError,
      Map<String, String> recipe) {
    public Settings {
      recipe = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
    }
  }

  private final Settings settings;
  private final CheckpointFolder folder;
  private final Consumer<String> note;
  private final Consumer<String> warn;
  private @Nullable Path resumedFrom;
  private @Nullable Path newest;
  private long writtenAt = -1;
  private long failures;

  /** Prepares a run's checkpoints; notes and warnings go to the consumers. */
  public Checkpoints(Settings settings, Consumer<String> note, Consumer<String> warn) {
    this.settings = settings;
    this.folder = new CheckpointFolder(settings.folder(), warn);
    this.note = note;
    this.warn = warn;
  }

  /** The checkpoint that the run went on from, or null. */
  public @Nullable Path resumedFrom() {
    return resumedFrom;
  }

  /** The last good checkpoint, or null. */
  public @Nullable Path newest() {
    return newest;
  }

  /** How often writing failed. */
  public long failures() {
    return failures;
  }

  /** For the result: what it went on from, the last one, and how often writing failed. */
  public Map<String, Object> json() {
    Map<String, Object> out = new LinkedHashMap<>();
    if (resumedFrom != null) {
      out.put("resumedFrom", resumedFrom.toString());
    }
    if (newest != null) {
      out.put("newest", newest.toString());
    }
    out.put("failures", failures);
    return out;
  }

  @Override
  public void begin(Running run) throws IOException {
    folder.prepare();
    List<Path> found = folder.newestFirst();
    if (!settings.resume()) {
      if (!found.isEmpty()) {
        throw new UsageException(
            settings.folder() + " holds checkpoints of an earlier run",
            "Add --resume to go on from them, or name another folder.");
      }
      return;
    }
    for (Path file : found) {
      TensorFile checkpoint;
      try {
        checkpoint = TensorFile.open(file);
      } catch (IOException e) {
        folder.setAside(file, e);
        continue;
      }
      load(run, file, checkpoint);
      return;
    }
    note.accept("no valid checkpoint in " + settings.folder() + ": starting from the first step");
  }

  private void load(Running run, Path file, TensorFile checkpoint) throws IOException {
    Map<String, String> metadata = checkpoint.metadata();
    for (Map.Entry<String, String> option : settings.recipe().entrySet()) {
      String theirs = metadata.getOrDefault(RECIPE + option.getKey(), "");
      if (!theirs.equals(option.getValue())) {
        throw new UsageException(
            file
                + " was made with "
                + option.getKey()
                + " "
                + theirs
                + ", not "
                + option.getValue(),
            "Give the same options, or start afresh in another folder.");
      }
    }
    Map<String, TensorType> types = checkpoint.types();
    TensorType random = types.remove(RANDOM);
    long step;
    try {
      step = Long.parseLong(metadata.getOrDefault(STEP, ""));
      run.loop.restore(step, types);
      run.position.load(metadata);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          file + " does not belong to this run: " + e.getMessage(),
          "Give the same network and options, or start afresh in another folder.",
          e);
    }
    checkpoint.read(run.loop.state());
    if (random != null) {
      Tensor state = RandomState.get();
      checkpoint.read(Map.of(RANDOM, state));
      RandomState.set(state);
      state.close();
    }
    run.companions.forEach(companion -> companion.load(metadata));
    resumedFrom = file;
    newest = file;
    writtenAt = step;
    note.accept(
        "resumed from "
            + file
            + ": after step "
            + step
            + ", "
            + run.position.samples
            + " samples into epoch "
            + run.position.epoch);
  }

  @Override
  public void afterStep(Running run, double loss) throws IOException {
    if (settings.everySteps() > 0 && run.loop.steps() % settings.everySteps() == 0) {
      write(run);
    }
  }

  @Override
  public void afterEpoch(Running run) throws IOException {
    writtenAt = -1; // the position has moved on, even if no step was taken since
    write(run);
  }

  @Override
  public void end(Running run) throws IOException {
    if (run.loop.steps() > writtenAt) {
      write(run);
    }
  }

  private void write(Running run) throws IOException {
    Finite.require(run, newest);
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(STEP, Long.toString(run.loop.steps()));
    settings.recipe().forEach((option, value) -> metadata.put(RECIPE + option, value));
    run.position.save(metadata);
    run.companions.forEach(companion -> companion.save(metadata));
    Map<String, Tensor> tensors = new LinkedHashMap<>(run.loop.state());
    try (Tensor random = RandomState.get()) {
      tensors.put(RANDOM, random);
      newest = folder.write(run.loop.steps(), tensors, metadata, run.engine);
      writtenAt = run.loop.steps();
      folder.prune(settings.keep());
    } catch (IOException e) {
      failures++;
      String message =
          "the checkpoint of step "
              + run.loop.steps()
              + " could not be written: "
              + CheckpointFolder.reason(e);
      if (settings.onError() == OnError.STOP) {
        throw new InputException(
            message,
            (newest == null ? "There is no earlier one. " : "The last good one is " + newest + ". ")
                + "Make room, or train on without with --on-checkpoint-error continue.",
            e);
      }
      warn.accept(message + "; training goes on");
    }
  }
}
