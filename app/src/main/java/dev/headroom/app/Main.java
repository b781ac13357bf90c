package dev.headroom.app;

import dev.headroom.app.cli.Commands;
import dev.headroom.app.train.Interrupts;
import dev.headroom.torch.Natives;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Where the process starts and ends: parses, runs one command, turns failures into exit codes. */
public final class Main {
  private Main() {}

  /** Runs a command line and ends the process. */
  public static void main(String[] args) {
    Interrupts.ownProcess();
    Natives.endQuickly();
    Exit exit = run(args, Streams.ofProcess());
    Interrupts.finished();
    System.exit(exit.code());
  }

  /** Runs a command line as the process would, both streams piped; never ends the process. */
  public static Exit run(String[] args, PrintStream out, PrintStream err) {
    return run(args, Streams.piped(out, err));
  }

  static Exit run(String[] args, Streams streams) {
    OutputOptions options = new OutputOptions();
    Exit exit;
    try {
      CommandLine root = commandLine(Commands.of(args));
      ParseResult parsed = parse(root, args);
      options = ((AppCommand) root.getCommand()).output();
      while (parsed.hasSubcommand()) {
        parsed = parsed.subcommand();
        options = options.and(command(parsed).output());
      }
      exit = run(parsed, options, new Terminal(streams, options), streams);
    } catch (Throwable t) {
      exit = fail(t, new Terminal(streams, options), streams);
    }
    if (streams.out().checkError()) {
      InputException e = new InputException("the result could not be written to stdout", null);
      return exit == Exit.OK ? fail(e, new Terminal(streams, options), streams) : exit;
    }
    return exit;
  }

  private static Exit run(
      ParseResult parsed, OutputOptions options, Terminal terminal, Streams streams)
      throws Exception {
    if (options.help()) {
      CommandLine line = parsed.commandSpec().commandLine();
      line.usage(streams.out(), terminal.ansi().on() ? Help.Ansi.ON : Help.Ansi.OFF);
      return Exit.OK;
    }
    if (options.version()) {
      printVersion(terminal);
      return Exit.OK;
    }
    return command(parsed).run(terminal);
  }

  private static AppCommand command(ParseResult parsed) {
    return (AppCommand) parsed.commandSpec().userObject();
  }

  /** The tree: the root and, below it, the given commands in their order. */
  static CommandLine commandLine(List<AppCommand> commands) {
    CommandLine root = new CommandLine(new Root());
    commands.forEach(root::addSubcommand);
    root.setUsageHelpWidth(Terminal.WIDTH);
    root.setAbbreviatedOptionsAllowed(false);
    return root;
  }

  private static ParseResult parse(CommandLine root, String[] args) {
    try {
      return root.parseArgs(args);
    } catch (ParameterException e) {
      throw UsageErrors.explain(e);
    }
  }

  private static Exit fail(Throwable t, Terminal terminal, Streams streams) {
    streams.out().flush();
    Failure failure = Failure.of(t);
    terminal.fail(failure);
    if ("1".equals(System.getenv("HEADROOM_DEBUG"))) {
      t.printStackTrace(streams.err());
    }
    return failure.exit();
  }

  private static void printVersion(Terminal terminal) {
    if (terminal.wantsJson()) {
      Map<String, Object> version = new LinkedHashMap<>();
      version.put("schema", "headroom/1");
      version.put("version", version());
      version.put("java", System.getProperty("java.version"));
      terminal.json(version);
    } else {
      terminal.println(
          "headroom " + version() + " (Java " + System.getProperty("java.version") + ")");
    }
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Command(
      name = "headroom",
      synopsisSubcommandLabel = "COMMAND",
      description = "Says where training memory goes before anything runs, and shows it was right.",
      footer = {
        "",
        "Example:",
        "  headroom doctor            what is there, what is missing, what to do",
        "",
        "headroom COMMAND --help tells more about a command."
      })
  static final class Root extends AppCommand {
    @Override
    protected Exit run(Terminal terminal) {
      throw new UsageException("no command was given", "headroom --help lists them.");
    }
  }
}
