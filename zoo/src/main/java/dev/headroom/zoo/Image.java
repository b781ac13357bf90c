package dev.headroom.zoo;

import java.util.List;

/**
 * Shape of one image, channels first.
 *
 * @param channels 1 for grey, 3 for colour
 * @param height rows of pixels
 * @param width pixels in a row
 */
public record Image(long channels, long height, long width) {
  /** The square colour image that ImageNet's networks were made for. */
  static final Image IMAGENET = new Image(3, 224, 224);

  public static Image of(String network, List<Long> sample) {
    if (sample.size() != 3) {
      throw new ZooException(
          network + " takes images, and a sample of " + shape(sample) + " is none",
          "Give channels, height and width, such as --input 3x224x224.");
    }
    return new Image(sample.get(0), sample.get(1), sample.get(2));
  }

  /** Refuses images of which the network's windows would leave nothing. */
  void atLeast(String network, long side) {
    if (Math.min(height, width) < side) {
      throw new ZooException(
          network + " needs images of at least " + side + "x" + side + ", not " + this,
          "Give a larger --input, or take another network.");
    }
  }

  static String shape(List<Long> sample) {
    return String.join("x", sample.stream().map(String::valueOf).toList());
  }

  @Override
  public String toString() {
    return channels + "x" + height + "x" + width;
  }
}
