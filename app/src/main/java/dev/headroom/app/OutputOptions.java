package dev.headroom.app;

import picocli.CommandLine.Option;

/** What every command has: how it prints, help and version. */
public final class OutputOptions {
  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      converter = Choice.Color.class,
      description = "auto (default), always or never.")
  private String color = "auto";

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress and no notes.")
  private boolean quiet;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this help.")
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Print the version.")
  private boolean version;

  boolean json() {
    return json;
  }

  String color() {
    return color;
  }

  boolean quiet() {
    return quiet;
  }

  /**
   * Both commands' options together: {@code headroom --json plan} is {@code headroom plan --json}.
   */
  OutputOptions and(OutputOptions inner) {
    OutputOptions both = new OutputOptions();
    both.json = json || inner.json;
    both.quiet = quiet || inner.quiet;
    both.help = help || inner.help;
    both.version = version || inner.version;
    both.color = inner.color.equals("auto") ? color : inner.color;
    return both;
  }

  boolean version() {
    return version;
  }

  boolean help() {
    return help;
  }
}
