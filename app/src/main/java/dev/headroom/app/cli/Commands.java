package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import java.util.List;

/** Every command, in the order in which the help shows them. A new one is one more line here. */
public final class Commands {
  private Commands() {}

  /** A new instance of each, since the parser fills in their options. */
  public static List<AppCommand> all() {
    return List.of(
        new DemoCommand(),
        new DataCommand(),
        new DescribeCommand(),
        new PlanCommand(),
        new FitCommand(),
        new TrainCommand(),
        new SweepCommand(),
        new AdviseCommand(),
        new WatchCommand(),
        new CompareCommand(),
        new ReplayCommand(),
        new AccuracyCommand(),
        new DoctorCommand(EngineStatus::text),
        new ProbeCommand(),
        new WarmUpCommand());
  }
}
