package dev.headroom.recipe;

import dev.headroom.graph.Blocks;
import dev.headroom.graph.Graph;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Activation checkpointing: which repeated blocks of a network are computed again in backward
 * instead of being kept ({@code torch.utils.checkpoint}, {@code use_reentrant=False}).
 *
 * @param all whether it is each block
 * @param modules else the blocks, or modules that hold blocks, such as {@code layer1.0} or {@code
 *     layer3}; empty for none
 */
public record Checkpoint(boolean all, List<String> modules) {
  /** Everything is kept. */
  public static final Checkpoint NONE = new Checkpoint(false, List.of());

  /** Each block. */
  public static final Checkpoint BLOCKS = new Checkpoint(true, List.of());

  public Checkpoint {
    modules = List.copyOf(modules);
    if (all && !modules.isEmpty()) {
      throw new IllegalArgumentException("either all blocks or those of " + modules);
    }
  }

  /** Some blocks, by the names of their modules. */
  public static Checkpoint of(List<String> modules) {
    return new Checkpoint(false, modules);
  }

  /**
   * As the command line writes it: {@code none}, {@code blocks}, or names of modules with commas;
   * {@code layer3.*} is {@code layer3}.
   *
   * @throws IllegalArgumentException if a name is empty
   */
  public static Checkpoint parse(String text) {
    if (text.equals(NONE.label())) {
      return NONE;
    }
    if (text.equals(BLOCKS.label())) {
      return BLOCKS;
    }
    List<String> names = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String name = part.strip();
      name = name.endsWith(".*") ? name.substring(0, name.length() - 2) : name;
      if (name.isEmpty() || name.startsWith(".") || name.endsWith(".") || name.contains("*")) {
        throw new IllegalArgumentException(
            "'" + text + "' is none of none, blocks, or names of modules such as layer1.0,layer3");
      }
      names.add(name);
    }
    return of(names);
  }

  /** As the command line and the JSON write it. */
  public String label() {
    return all ? "blocks" : modules.isEmpty() ? "none" : String.join(",", modules);
  }

  /** Whether everything is kept. */
  public boolean isNone() {
    return !all && modules.isEmpty();
  }

  /**
   * The blocks of a network that are computed again, in execution order.
   *
   * @throws IllegalArgumentException if the network repeats no block, or a name has none
   */
  public List<Blocks.Block> blocks(Graph graph) {
    if (isNone()) {
      return List.of();
    }
    List<Blocks.Block> every = Blocks.of(graph);
    if (every.isEmpty()) {
      throw new IllegalArgumentException(graph.name() + " has no blocks to checkpoint");
    }
    if (all) {
      return every;
    }
    Set<String> unused = new LinkedHashSet<>(modules);
    List<Blocks.Block> chosen = new ArrayList<>();
    for (Blocks.Block block : every) {
      boolean wanted = false;
      for (String module : modules) {
        if (block.isIn(module)) {
          wanted = true;
          unused.remove(module);
        }
      }
      if (wanted) {
        chosen.add(block);
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          graph.name()
              + " has no block in '"
              + unused.iterator().next()
              + "'; its blocks are "
              + String.join(", ", every.stream().map(Blocks.Block::path).toList()));
    }
    return chosen;
  }
}
