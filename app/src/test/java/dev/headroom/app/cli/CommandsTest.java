package dev.headroom.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.app.AppCommand;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A command that is named first is the only one set up, under its own name. */
class CommandsTest {
  @Test
  void eachIsFoundByTheNameThatItsHelpShows() {
    List<AppCommand> all = Commands.all();
    assertThat(all).hasSizeGreaterThan(10);
    for (AppCommand command : all) {
      String name = new CommandLine(command).getCommandName();
      assertThat(Commands.of(new String[] {name, "--help"}))
          .singleElement()
          .isInstanceOf(command.getClass());
    }
  }

  @Test
  void allAreThereForWhatNamesNone() {
    assertThat(Commands.of(new String[0])).hasSameSizeAs(Commands.all());
    assertThat(Commands.of(new String[] {"--json", "plan"})).hasSameSizeAs(Commands.all());
    assertThat(Commands.of(new String[] {"trian"})).hasSameSizeAs(Commands.all());
  }
}
