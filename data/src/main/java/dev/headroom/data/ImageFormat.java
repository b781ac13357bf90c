package dev.headroom.data;

/**
 * Shape of one image, channels first as a network takes it.
 *
 * @param channels 1 for grey, 3 for red, green, blue
 * @param height rows of pixels
 * @param width pixels in a row
 */
public record ImageFormat(int channels, int height, int width) {
  /** Values of one image: also its bytes as uint8. */
  public int values() {
    return channels * height * width;
  }

  @Override
  public String toString() {
    return channels + " x " + height + " x " + width;
  }
}
