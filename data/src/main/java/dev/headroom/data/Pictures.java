package dev.headroom.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Images as people see them. Every pixel goes the network's way first: to float, normalised, back,
 * and from channels first to pixels.
 */
public final class Pictures {
  private static final String SHADES = " .:-=+*#%@";
  private static final int PNG_SCALE = 8;
  private static final int GRID_SCALE = 2;
  private static final int GAP = 1;

  private Pictures() {}

  /** One image as 0xRRGGBB, rows of pixels. */
  static int[][] pixels(ImageSet set, int index) {
    ImageFormat f = set.format();
    Normalize normalize = Normalize.of(f);
    int[][] out = new int[f.height()][f.width()];
    for (int y = 0; y < f.height(); y++) {
      for (int x = 0; x < f.width(); x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          int channel = f.channels() == 1 ? 0 : c;
          int offset = (channel * f.height() + y) * f.width() + x;
          float seen = normalize.apply(channel, Normalize.toTensor(set.pixel(index, offset)));
          rgb = rgb << 8 | Normalize.toByte(normalize.undo(channel, seen));
        }
        out[y][x] = rgb;
      }
    }
    return out;
  }

  /** Lines for a terminal: half blocks in 24-bit colour, or shades of characters without colour. */
  public static List<String> terminal(ImageSet set, int index, boolean colour) {
    int[][] pixels = pixels(set, index);
    List<String> lines = new ArrayList<>();
    for (int y = 0; y < pixels.length; y += 2) {
      StringBuilder line = new StringBuilder();
      for (int x = 0; x < pixels[y].length; x++) {
        int top = pixels[y][x];
        int bottom = y + 1 < pixels.length ? pixels[y + 1][x] : 0;
        if (colour) {
          line.append("\u001b[38;2;").append(code(top)).append("m\u001b[48;2;");
          line.append(code(bottom)).append("m▀");
        } else {
          int shade = (luminance(top) + luminance(bottom)) / 2 * (SHADES.length() - 1) / 255;
          line.append(SHADES.charAt(shade)).append(SHADES.charAt(shade));
        }
      }
      lines.add(colour ? line + "\u001b[0m" : line.toString().stripTrailing());
    }
    return lines;
  }

  private static String code(int rgb) {
    return (rgb >> 16) + ";" + (rgb >> 8 & 0xff) + ";" + (rgb & 0xff);
  }

  private static int luminance(int rgb) {
    return (299 * (rgb >> 16) + 587 * (rgb >> 8 & 0xff) + 114 * (rgb & 0xff)) / 1000;
  }

  /** Writes one image, enlarged so that it can be seen. */
  public static void png(ImageSet set, int index, Path file) {
    write(grid(set, List.of(index), 1, PNG_SCALE), file);
  }

  /** Writes several images side by side. */
  public static void gridPng(ImageSet set, List<Integer> indices, Path file) {
    int columns = (int) Math.ceil(Math.sqrt(indices.size()));
    write(grid(set, indices, columns, GRID_SCALE), file);
  }

  private static BufferedImage grid(ImageSet set, List<Integer> indices, int columns, int scale) {
    int rows = (indices.size() + columns - 1) / columns;
    int cellWidth = set.format().width() * scale + GAP;
    int cellHeight = set.format().height() * scale + GAP;
    BufferedImage image =
        new BufferedImage(
            columns * cellWidth - GAP, rows * cellHeight - GAP, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < indices.size(); i++) {
      int[][] pixels = pixels(set, indices.get(i));
      int left = i % columns * cellWidth;
      int top = i / columns * cellHeight;
      for (int y = 0; y < pixels.length * scale; y++) {
        for (int x = 0; x < pixels[0].length * scale; x++) {
          image.setRGB(left + x, top + y, pixels[y / scale][x / scale]);
        }
      }
    }
    return image;
  }

  /** Into a temporary file first, so that nothing half-written is left under the name. */
  private static void write(BufferedImage image, Path file) {
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling("." + target.getFileName() + ".part");
    try {
      try {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        if (!ImageIO.write(image, "png", png)) {
          throw new DataException("This Java has no PNG writer.");
        }
        Files.write(temporary, png.toByteArray());
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (AccessDeniedException | NoSuchFileException e) {
      throw cannotWrite(file, "the folder is missing or not writable", e);
    } catch (IOException e) {
      throw cannotWrite(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static DataException cannotWrite(Path file, String why, IOException e) {
    return new DataException(
        file + " cannot be written: " + why + ". Name another place for the picture.", e);
  }
}
