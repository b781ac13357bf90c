package dev.headroom.tensor;

/** The order in which dimensions lie in memory. */
public enum MemoryFormat {
  CONTIGUOUS(0),
  PRESERVE(1),
  CHANNELS_LAST(2),
  CHANNELS_LAST_3D(3);

  private final int number;

  MemoryFormat(int number) {
    this.number = number;
  }

  /** Its number in {@code c10::MemoryFormat}. */
  public int number() {
    return number;
  }
}
