package dev.headroom.app.cli;

import dev.headroom.app.Choice;
import dev.headroom.app.UsageException;
import dev.headroom.app.train.Checkpoints;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a run is kept safe. */
final class CheckpointOptions {
  private static final int DEFAULT_KEEP = 3;

  @Option(
      names = "--checkpoint-dir",
      paramLabel = "DIR",
      description = "Write checkpoints there: after every pass, and at the end.")
  @Nullable Path folder;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS",
      converter = Values.Count.class,
      description = "And after every so many steps.")
  @Nullable Integer every;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "How many of the newest stay (default 3).")
  @Nullable Integer keep;

  @Option(
      names = "--resume",
      description =
          "Go on from the newest valid checkpoint there, bit for bit; else from the start.")
  boolean resume;

  @Option(
      names = "--on-checkpoint-error",
      paramLabel = "WHAT",
      converter = OnError.class,
      description = "stop (default) or continue when a checkpoint cannot be written.")
  @Nullable String onError;

  @Option(
      names = "--losses",
      paramLabel = "FILE",
      description = "Write every step's loss there as CSV.")
  @Nullable Path losses;

  /** What to do about a failed write. */
  static final class OnError extends Choice {
    OnError() {
      super("stop", "continue");
    }
  }

  /** The checkpoints that are asked for, or null. */
  @Nullable Checkpoints checkpoints(
      Map<String, String> identity, Consumer<String> note, Consumer<String> warn) {
    Path dir = folder;
    if (dir == null) {
      if (resume || every != null || keep != null || onError != null) {
        throw new UsageException(
            "--resume, --checkpoint-every, --keep-checkpoints and --on-checkpoint-error need"
                + " --checkpoint-dir",
            "Name the folder of the checkpoints.");
      }
      return null;
    }
    return new Checkpoints(
        new Checkpoints.Settings(
            dir,
            every == null ? 0 : every,
            keep == null ? DEFAULT_KEEP : keep,
            resume,
            onError == null
                ? Checkpoints.OnError.STOP
                : Checkpoints.OnError.valueOf(onError.toUpperCase(Locale.ROOT)),
            identity),
        note,
        warn);
  }
}
