package dev.headroom.data;

/**
 * torchvision's {@code ToTensor} followed by {@code Normalize}, and both inverses, per channel in
 * float32: {@code (byte / 255 - mean) / std}.
 */
public final class Normalize {
  private final float[] mean;
  private final float[] std;

  private Normalize(float[] mean, float[] std) {
    this.mean = mean;
    this.std = std;
  }

  /** The lesson's constants: grey 0.1307 and 0.3081, colour 0.5 and 0.5. */
  public static Normalize of(ImageFormat format) {
    return format.channels() == 1
        ? new Normalize(new float[] {0.1307f}, new float[] {0.3081f})
        : new Normalize(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});
  }

  /** ToTensor: a byte as a number from 0 to 1. */
  public static float toTensor(int value) {
    return value / 255f;
  }

  /** Normalize for one channel. */
  public float apply(int channel, float value) {
    return (value - mean[channel]) / std[channel];
  }

  /** Normalize undone. */
  public float undo(int channel, float value) {
    return value * std[channel] + mean[channel];
  }

  /** ToTensor undone: back to 0 to 255, rounded and clamped. */
  public static int toByte(float value) {
    return Math.clamp(Math.round(value * 255f), 0, 255);
  }

  /** Result for every byte, so that a batch costs one look-up a value. */
  float[][] table() {
    float[][] table = new float[mean.length][256];
    for (int c = 0; c < mean.length; c++) {
      for (int b = 0; b < 256; b++) {
        table[c][b] = apply(c, toTensor(b));
      }
    }
    return table;
  }

  /** Mean per channel, as text. */
  public String meanText() {
    return text(mean);
  }

  /** Standard deviation per channel, as text. */
  public String stdText() {
    return text(std);
  }

  private static String text(float[] values) {
    StringBuilder out = new StringBuilder();
    for (float value : values) {
      out.append(out.isEmpty() ? "" : ", ").append(value);
    }
    return out.toString();
  }
}
