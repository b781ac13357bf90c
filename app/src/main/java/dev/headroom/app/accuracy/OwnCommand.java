package dev.headroom.app.accuracy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.headroom.app.Exit;
import dev.headroom.app.InputException;
import dev.headroom.app.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One of our own commands, run as a user would run it, for its JSON. */
final class OwnCommand {
  private OwnCommand() {}

  /**
   * Runs a command with {@code --json --quiet}.
   *
   * @throws InputException if it ends with anything but 0
   */
  static JsonNode json(List<String> words) throws IOException {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of("--json", "--quiet"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Exit exit;
    try (PrintStream printed = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8)) {
      exit = Main.run(all.toArray(new String[0]), printed, errors);
    }
    if (exit != Exit.OK) {
      throw new InputException(
          String.join(" ", words) + " failed: " + err.toString(StandardCharsets.UTF_8).strip(),
          "--no-probes leaves out what is measured on this machine.");
    }
    return new ObjectMapper().readTree(out.toByteArray());
  }
}
