package dev.headroom.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * A folder with one folder of PNG or JPEG files per class, as torchvision's {@code ImageFolder}
 * reads it: classes in the order of their names. {@code train/} and {@code test/} (or {@code val/})
 * are taken for the two sets where they are there; else every tenth image of a class is tested on.
 * Images are scaled until they cover the format, then cut at the centre; all become colour.
 */
public final class ImageFolder {
  /** Below this side the first image's own size is the format; above, ImageNet's usual one. */
  private static final int OWN_SIZE = 96;

  private static final int USUAL_SIDE = 224;
  private static final int TEST_EVERY = 10;
  private static final int MAX_CLASSES = 256;
  private static final int MAX_SIDE = 20_000;

  private record Item(Path file, int label) {}

  private final Path folder;
  private final List<String> classes;
  private final List<Item> train = new ArrayList<>();
  private final List<Item> test = new ArrayList<>();
  private final ImageFormat format;

  private ImageFolder(Path folder) {
    this.folder = folder;
    Path trainFolder = folder.resolve("train");
    Path testFolder =
        Files.isDirectory(folder.resolve("test")) ? folder.resolve("test") : folder.resolve("val");
    boolean split = Files.isDirectory(trainFolder) && Files.isDirectory(testFolder);
    classes = names(split ? trainFolder : folder);
    if (classes.isEmpty() || classes.size() > MAX_CLASSES) {
      throw new DataException(
          folder
              + " holds "
              + classes.size()
              + " folders, expected one per class, at most "
              + MAX_CLASSES
              + ".");
    }
    for (int c = 0; c < classes.size(); c++) {
      List<Path> files = images((split ? trainFolder : folder).resolve(classes.get(c)));
      for (int i = 0; i < files.size(); i++) {
        boolean tested = !split && i % TEST_EVERY == TEST_EVERY - 1;
        (tested ? test : train).add(new Item(files.get(i), c));
      }
      if (split) {
        for (Path file : images(testFolder.resolve(classes.get(c)))) {
          test.add(new Item(file, c));
        }
      }
    }
    if (train.isEmpty() || test.isEmpty()) {
      throw new DataException(
          folder
              + ": "
              + train.size()
              + " images to train on and "
              + test.size()
              + " to test on were found (png, jpg, jpeg). Both are needed.");
    }
    format = format(train.getFirst().file());
  }

  /**
   * Looks through a folder; no image is decoded yet.
   *
   * @throws DataException if it is not laid out so
   */
  public static ImageFolder of(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + " is no folder.");
    }
    return new ImageFolder(folder);
  }

  /** What is known without decoding. */
  public Datasets.Facts facts() {
    return new Datasets.Facts(format, classes.size(), train.size(), test.size());
  }

  /**
   * Decodes one of the sets into memory: one byte per value.
   *
   * @throws DataException naming the file that cannot be decoded
   */
  public ImageSet read(Datasets.Split split) {
    List<Item> items = split == Datasets.Split.TRAIN ? train : test;
    long bytes = (long) items.size() * format.values();
    if (bytes > Integer.MAX_VALUE - 16) {
      throw new DataException(
          folder
              + ": "
              + items.size()
              + " images of "
              + format
              + " are "
              + bytes
              + " bytes, more than one array can hold. Use fewer or smaller images.");
    }
    byte[] pixels = new byte[(int) bytes];
    byte[] labels = new byte[items.size()];
    // Decoding is slow and every image has its own place: all cores at once.
    java.util.stream.IntStream.range(0, items.size())
        .parallel()
        .forEach(
            i -> {
              labels[i] = (byte) items.get(i).label();
              copy(decode(items.get(i).file()), pixels, i * format.values());
            });
    return new ImageSet(folder.getFileName().toString(), format, pixels, labels, classes);
  }

  private void copy(BufferedImage from, byte[] pixels, int at) {
    int width = format.width();
    int height = format.height();
    double scale = Math.max((double) width / from.getWidth(), (double) height / from.getHeight());
    int scaledWidth = Math.max(width, (int) Math.round(from.getWidth() * scale));
    int scaledHeight = Math.max(height, (int) Math.round(from.getHeight() * scale));
    BufferedImage cut = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = cut.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(
        from,
        (width - scaledWidth) / 2,
        (height - scaledHeight) / 2,
        scaledWidth,
        scaledHeight,
        null);
    graphics.dispose();
    int plane = width * height;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = cut.getRGB(x, y);
        int place = at + y * width + x;
        pixels[place] = (byte) (rgb >> 16);
        pixels[place + plane] = (byte) (rgb >> 8);
        pixels[place + 2 * plane] = (byte) rgb;
      }
    }
  }

  private static BufferedImage decode(Path file) {
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      if (image == null) {
        throw new DataException(file + " is no image that can be decoded. Remove or replace it.");
      }
      return image;
    } catch (IOException | RuntimeException e) {
      throw e instanceof DataException d
          ? d
          : new DataException(
              file + " cannot be decoded: " + e.getMessage() + ". Remove or replace it.", e);
    }
  }

  /** From the header alone. */
  private static ImageFormat format(Path file) {
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      var readers = in == null ? null : ImageIO.getImageReaders(in);
      if (readers == null || !readers.hasNext()) {
        throw new DataException(file + " is no image that can be decoded. Remove or replace it.");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in);
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if (width > MAX_SIDE || height > MAX_SIDE) {
          throw new DataException(
              file + " says it is " + width + " x " + height + " pixels, which is too large.");
        }
        return width <= OWN_SIZE && height <= OWN_SIZE
            ? new ImageFormat(3, height, width)
            : new ImageFormat(3, USUAL_SIDE, USUAL_SIDE);
      } finally {
        reader.dispose();
      }
    } catch (IOException e) {
      throw new DataException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<String> names(Path folder) {
    return list(folder).stream()
        .filter(Files::isDirectory)
        .map(f -> f.getFileName().toString())
        .filter(name -> !name.startsWith("."))
        .toList();
  }

  private static List<Path> images(Path folder) {
    return Files.isDirectory(folder)
        ? list(folder).stream()
            .filter(
                f ->
                    f.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(png|jpe?g)"))
            .toList()
        : List.of();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }
}
