package dev.headroom.data;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Generated grey 1x28x28 digits: a small font drawn at a random place, size, slant, turn and stroke
 * weight, with noise. The same seed gives the same bytes everywhere.
 */
final class Digits {
  static final ImageFormat FORMAT = new ImageFormat(1, 28, 28);
  static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  private static final int GLYPH_WIDTH = 5;
  private static final int GLYPH_HEIGHT = 7;

  /** Seven rows of five pixels per digit. */
  private static final String[] FONT = {
    ".###.#...##..###.#.###..##...#.###.",
    "..#...##....#....#....#....#...###.",
    ".###.#...#....#..##..#...#....#####",
    ".###.#...#....#..##.....##...#.###.",
    "...#...##..#.#.#..#.#####...#....#.",
    "######....####.....#....##...#.###.",
    ".###.#....#....####.#...##...#.###.",
    "#####....#...#...#....#....#....#..",
    ".###.#...##...#.###.#...##...#.###.",
    ".###.#...##...#.####....#....#.###."
  };

  private Digits() {}

  static ImageSet generate(String name, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] pixels = new byte[count * FORMAT.values()];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int digit = random.nextInt(CLASSES.size());
      labels[i] = (byte) digit;
      draw(pixels, i * FORMAT.values(), FONT[digit], random);
    }
    return new ImageSet(name, FORMAT, pixels, labels, CLASSES);
  }

  private static void draw(byte[] out, int at, String glyph, SplittableRandom random) {
    double scale = 2.1 + 1.0 * random.nextDouble();
    double angle = (random.nextDouble() - 0.5) * 0.5;
    double slant = (random.nextDouble() - 0.5) * 0.5;
    double centerX = 13.5 + (random.nextDouble() - 0.5) * 6;
    double centerY = 13.5 + (random.nextDouble() - 0.5) * 6;
    double ink = 150 + 105 * random.nextDouble();
    double noise = 10 + 40 * random.nextDouble();
    double cos = StrictMath.cos(angle) / scale;
    double sin = StrictMath.sin(angle) / scale;
    for (int y = 0; y < FORMAT.height(); y++) {
      for (int x = 0; x < FORMAT.width(); x++) {
        double dx = x - centerX;
        double dy = y - centerY;
        double v = -sin * dx + cos * dy;
        double u = cos * dx + sin * dy + slant * v;
        double value =
            ink * sample(glyph, u + (GLYPH_WIDTH - 1) / 2.0, v + (GLYPH_HEIGHT - 1) / 2.0)
                + noise * (random.nextDouble() - 0.5);
        out[at++] = (byte) Math.clamp(Math.round(value), 0, 255);
      }
    }
  }

  /** The glyph between its pixels, by bilinear interpolation. */
  private static double sample(String glyph, double u, double v) {
    int column = (int) Math.floor(u);
    int row = (int) Math.floor(v);
    double fu = u - column;
    double fv = v - row;
    double top = (1 - fu) * dot(glyph, row, column) + fu * dot(glyph, row, column + 1);
    double bottom = (1 - fu) * dot(glyph, row + 1, column) + fu * dot(glyph, row + 1, column + 1);
    return (1 - fv) * top + fv * bottom;
  }

  private static int dot(String glyph, int row, int column) {
    boolean inside = row >= 0 && row < GLYPH_HEIGHT && column >= 0 && column < GLYPH_WIDTH;
    return inside && glyph.charAt(row * GLYPH_WIDTH + column) == '#' ? 1 : 0;
  }
}
