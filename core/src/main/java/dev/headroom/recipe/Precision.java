package dev.headroom.recipe;

import dev.headroom.tensor.DType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** In what type forward and loss compute: autocast or not. Parameters stay float32. */
public enum Precision {
  FP32(null),
  BF16(DType.BFLOAT16),
  FP16(DType.FLOAT16);

  private final @Nullable DType autocast;

  Precision(@Nullable DType autocast) {
    this.autocast = autocast;
  }

  /** The type of torch.autocast, or null without it. */
  public @Nullable DType autocast() {
    return autocast;
  }

  /** As the command line and the JSON write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
