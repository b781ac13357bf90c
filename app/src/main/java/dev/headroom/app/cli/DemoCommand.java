package dev.headroom.app.cli;

import dev.headroom.app.AppCommand;
import dev.headroom.app.Exit;
import dev.headroom.app.Json;
import dev.headroom.app.Terminal;
import dev.headroom.torch.Natives;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** The whole story on built-in data: the commands a user would type, one after the other. */
@Command(
    name = "demo",
    description = "The whole story on built-in data, in under a minute.",
    footer = {"", "Example:", "  headroom demo"})
final class DemoCommand extends AppCommand {
  /** One command of the story. */
  private record Step(String says, boolean needsEngine, List<String> args) {}

  private static final List<Step> STEPS =
      List.of(
          step("What a network sees of an image", false, "data digits --index 7"),
          step("The network: the batch is no part of it", false, "describe mlp --data digits"),
          step(
              "Where the training memory will go, before anything runs",
              false,
              "plan mlp --data digits --batch 64 --optimizer adam --budget 64MiB"),
          step(
              "Training, with the prediction beside what libtorch really allocated",
              true,
              "train mlp --data digits --batch 64 --optimizer adam --epochs 2"),
          step(
              "The same in colour: four times the input, four times the first layer",
              true,
              "train mlp --data shapes --batch 64 --optimizer adam --epochs 2"),
          step("Grey beside colour", false, "compare"));

  private static Step step(String says, boolean needsEngine, String line) {
    return new Step(says, needsEngine, List.of(line.split(" ")));
  }

  @Override
  protected Exit run(Terminal terminal) {
    boolean engine = Natives.status().present();
    List<Map<String, Object>> results = new ArrayList<>();
    Exit exit = Exit.OK;
    int number = 0;
    for (Step step : STEPS) {
      number++;
      if (step.needsEngine() && !engine) {
        terminal.warn("left out, since libtorch is not there for this platform: " + step.says());
        continue;
      }
      if (terminal.wantsJson()) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("command", String.join(" ", step.args()));
        exit = terminal.runForJson(step.args(), (Json.Raw json) -> result.put("result", json));
        results.add(result);
      } else {
        terminal.println(
            (number == 1 ? "" : "\n") + terminal.ansi().bold(number + ". " + step.says()));
        terminal.println(terminal.ansi().dim("$ headroom " + String.join(" ", step.args())));
        terminal.println();
        terminal.flush();
        exit = terminal.run(step.args());
      }
      if (exit != Exit.OK) {
        break;
      }
    }
    if (terminal.wantsJson()) {
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("schema", "headroom/1");
      out.put("steps", results);
      terminal.json(out);
    }
    return exit;
  }
}
