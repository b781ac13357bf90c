package dev.headroom.data;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Generated colour 3x32x32 pictures of ten shapes: bright on dark in random colours, at a random
 * place, size and slight turn, with noise. The same seed gives the same bytes everywhere.
 */
final class Shapes {
  static final ImageFormat FORMAT = new ImageFormat(3, 32, 32);
  static final List<String> CLASSES =
      List.of(
          "disc",
          "ring",
          "square",
          "frame",
          "triangle",
          "diamond",
          "plus",
          "cross",
          "rows",
          "columns");

  private Shapes() {}

  static ImageSet generate(String name, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] pixels = new byte[count * FORMAT.values()];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int shape = random.nextInt(CLASSES.size());
      labels[i] = (byte) shape;
      draw(pixels, i * FORMAT.values(), shape, random);
    }
    return new ImageSet(name, FORMAT, pixels, labels, CLASSES);
  }

  private static void draw(byte[] out, int at, int shape, SplittableRandom random) {
    double size = 9 + 3 * random.nextDouble();
    double angle = (random.nextDouble() - 0.5) * 0.3;
    double cos = StrictMath.cos(angle) / size;
    double sin = StrictMath.sin(angle) / size;
    double centerX = 15.5 + (random.nextDouble() - 0.5) * 5;
    double centerY = 15.5 + (random.nextDouble() - 0.5) * 5;
    double noise = 10 + 30 * random.nextDouble();
    double[] front = new double[3];
    double[] back = new double[3];
    for (int c = 0; c < 3; c++) {
      back[c] = 110 * random.nextDouble();
      front[c] = 130 + 125 * random.nextDouble();
    }
    int plane = FORMAT.height() * FORMAT.width();
    for (int y = 0; y < FORMAT.height(); y++) {
      for (int x = 0; x < FORMAT.width(); x++) {
        double dx = x - centerX;
        double dy = y - centerY;
        boolean inside = inside(shape, cos * dx + sin * dy, -sin * dx + cos * dy);
        for (int c = 0; c < 3; c++) {
          double value = (inside ? front[c] : back[c]) + noise * (random.nextDouble() - 0.5);
          out[at + c * plane + y * FORMAT.width() + x] =
              (byte) Math.clamp(Math.round(value), 0, 255);
        }
      }
    }
  }

  /** Whether a point belongs to a shape that fills the square from -1 to 1. */
  private static boolean inside(int shape, double u, double v) {
    double au = Math.abs(u);
    double av = Math.abs(v);
    double radius = u * u + v * v;
    boolean square = au < 0.85 && av < 0.85;
    return switch (shape) {
      case 0 -> radius < 0.9;
      case 1 -> radius < 0.95 && radius > 0.36;
      case 2 -> square;
      case 3 -> square && (au > 0.5 || av > 0.5);
      case 4 -> v < 0.8 && v > -0.9 + 1.9 * au;
      case 5 -> au + av < 1;
      case 6 -> (au < 0.28 && av < 1) || (av < 0.28 && au < 1);
      case 7 -> square && Math.abs(au - av) < 0.3;
      case 8 -> square && Math.floorMod((int) Math.floor(v * 3), 2) == 0;
      default -> square && Math.floorMod((int) Math.floor(u * 3), 2) == 0;
    };
  }
}
