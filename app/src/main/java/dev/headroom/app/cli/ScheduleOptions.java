package dev.headroom.app.cli;

import dev.headroom.app.UsageException;
import dev.headroom.app.train.EarlyStopping;
import dev.headroom.app.train.Schedule;
import dev.headroom.app.train.Trainer;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a run goes on over its steps and passes; takes no memory. */
final class ScheduleOptions {
  @Option(
      names = "--lr-schedule",
      paramLabel = "SHAPE",
      converter = Values.Schedule.class,
      description = {
        "constant (default), linear or cosine (to 0 at the end), or step (to a tenth after a half,",
        "again after three quarters)."
      })
  private String shape = "constant";

  @Option(
      names = "--warmup",
      paramLabel = "STEPS",
      converter = Values.Count.class,
      description = "Let the learning rate grow over so many steps first.")
  private @Nullable Integer warmup;

  @Option(
      names = "--patience",
      paramLabel = "EPOCHS",
      converter = Values.Count.class,
      description = "Stop when the test loss has not become better for so many passes.")
  private @Nullable Integer patience;

  /** Adds what was asked for to a run. */
  void accompany(Trainer trainer, double learningRate, Consumer<String> note) {
    Schedule.Shape kind = Schedule.Shape.valueOf(shape.toUpperCase(Locale.ROOT));
    if (warmup != null && warmup >= trainer.steps()) {
      throw new UsageException(
          "--warmup " + warmup + " is not below the " + trainer.steps() + " steps of the run",
          null);
    }
    if (kind != Schedule.Shape.CONSTANT || warmup != null) {
      trainer.accompany(
          new Schedule(kind, learningRate, warmup == null ? 0 : warmup, trainer.steps()));
    }
    if (patience != null) {
      trainer.accompany(new EarlyStopping(patience, note));
    }
  }

  /** What a resumed run must agree on; a schedule that ends needs the same end. */
  void addTo(Map<String, String> identity, int epochs) {
    identity.put("--lr-schedule", shape);
    identity.put("--warmup", String.valueOf(warmup == null ? 0 : warmup));
    if (!shape.equals("constant")) {
      identity.put("--epochs", Integer.toString(epochs));
    }
  }
}
