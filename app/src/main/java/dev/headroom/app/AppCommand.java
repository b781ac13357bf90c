package dev.headroom.app;

import picocli.CommandLine.Mixin;

/**
 * One command. A subclass carries {@code @Command} (name, description, an example in the footer)
 * and its own options, and is listed in {@code Commands}.
 */
public abstract class AppCommand {
  @Mixin private final OutputOptions output = new OutputOptions();

  /**
   * Does what the command is for. It prints through the terminal alone, never ends the process, and
   * fails by throwing an {@link AppException}, or anything that {@link Failure} has a rule for.
   *
   * @return how the process ends; a result that does not fit may be printed and end with {@link
   *     Exit#DOES_NOT_FIT}
   */
  protected abstract Exit run(Terminal terminal) throws Exception;

  OutputOptions output() {
    return output;
  }
}
