package dev.headroom.app;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line in one sentence, with the closest thing that exists. */
final class UsageErrors {
  private UsageErrors() {}

  static UsageException explain(ParameterException e) {
    CommandLine line = e.getCommandLine();
    String name = line.getCommandSpec().qualifiedName(" ");
    String help = name + " --help tells more.";
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      return unmatched(line, unmatched.getUnmatched().getFirst(), help, e);
    }
    return new UsageException(decapitalize(String.valueOf(e.getMessage())), help, e);
  }

  private static UsageException unmatched(
      CommandLine line, String argument, String help, ParameterException e) {
    boolean isRoot = line.getParent() == null;
    if (argument.startsWith("-") && argument.length() > 1) {
      int equals = argument.indexOf('=');
      String option = equals < 0 ? argument : argument.substring(0, equals);
      return new UsageException(
          "unknown option '" + option + "'",
          hint(Choice.closest(option, line.getCommandSpec().optionsMap().keySet()), help),
          e);
    }
    if (isRoot) {
      List<String> commands = List.copyOf(line.getSubcommands().keySet());
      return new UsageException(
          "unknown command '" + argument + "'", hint(Choice.closest(argument, commands), help), e);
    }
    return new UsageException("unexpected argument '" + argument + "'", help, e);
  }

  private static String hint(@Nullable String closest, String help) {
    return closest == null ? help : "Did you mean " + closest + "? " + help;
  }

  private static String decapitalize(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
