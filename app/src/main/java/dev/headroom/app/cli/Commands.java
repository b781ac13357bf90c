package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Every command, in the order in which the help shows them. A new one is one more line here. */
public final class Commands {
  private static final Map<String, Supplier<AppCommand>> BY_NAME = new LinkedHashMap<>();

  static {
    BY_NAME.put("demo", DemoCommand::new);
    BY_NAME.put("data", DataCommand::new);
    BY_NAME.put("describe", DescribeCommand::new);
    BY_NAME.put("plan", PlanCommand::new);
    BY_NAME.put("fit", FitCommand::new);
    BY_NAME.put("train", TrainCommand::new);
    BY_NAME.put("sweep", SweepCommand::new);
    BY_NAME.put("advise", AdviseCommand::new);
    BY_NAME.put("watch", WatchCommand::new);
    BY_NAME.put("compare", CompareCommand::new);
    BY_NAME.put("replay", ReplayCommand::new);
    BY_NAME.put("accuracy", AccuracyCommand::new);
    BY_NAME.put("doctor", () -> new DoctorCommand(EngineStatus::text));
    BY_NAME.put("probe", ProbeCommand::new);
    BY_NAME.put("warm-up", WarmUpCommand::new);
  }

  private Commands() {}

  /** A new instance of each, since the parser fills in their options. */
  public static List<AppCommand> all() {
    return BY_NAME.values().stream().map(Supplier::get).toList();
  }

  /** The one that a command line names first, or all: to read the options of each takes time. */
  public static List<AppCommand> of(String[] args) {
    Supplier<AppCommand> named = args.length == 0 ? null : BY_NAME.get(args[0]);
    return named == null ? all() : List.of(named.get());
  }
}
