package dev.headroom.app.cli;

import dev.headroom.zoo.Options;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Settings of built-in networks; a network refuses those that it does not have. */
final class ZooOptions {
  @Option(
      names = "--hidden",
      paramLabel = "WIDTHS",
      converter = Values.Counts.class,
      description = "Widths of the MLP's hidden layers, such as 256,128.")
  @Nullable List<Integer> hidden;

  @Option(
      names = "--classes",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Classes of a classifier; left out, those of --data or the network's own.")
  @Nullable Integer classes;

  @Option(
      names = "--layers",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Blocks of the GPT (default 4).")
  @Nullable Integer layers;

  @Option(
      names = "--width",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Width of the GPT (default 256) or of the LSTM's state (default 128).")
  @Nullable Integer width;

  @Option(
      names = "--heads",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Attention heads of the GPT (default 4).")
  @Nullable Integer heads;

  @Option(
      names = "--vocab",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Tokens that the GPT or the LSTM knows (default 1000).")
  @Nullable Integer vocab;

  @Option(
      names = "--sequence",
      paramLabel = "N",
      converter = Values.Count.class,
      description = "Tokens in a sample of the GPT (default 128) or the LSTM (default 32).")
  @Nullable Integer sequence;

  @Option(
      names = "--tied",
      description = "The GPT's output layer shares its weight with the token embedding.")
  boolean tied;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Which of the models in a .pt2 file; left out, the only one or the first.")
  @Nullable String model;

  /** What was given on the command line for a built-in network, and nothing else. */
  Options given() {
    Options all = Options.none();
    if (hidden != null) {
      all = all.with("hidden", hidden.stream().mapToLong(Integer::longValue).toArray());
    }
    if (tied) {
      all = all.with("tied", 1);
    }
    all = with(all, "classes", classes);
    all = with(all, "layers", layers);
    all = with(all, "width", width);
    all = with(all, "heads", heads);
    all = with(all, "vocab", vocab);
    return with(all, "sequence", sequence);
  }

  private static Options with(Options all, String name, @Nullable Integer value) {
    return value == null ? all : all.with(name, value);
  }
}
