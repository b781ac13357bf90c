package dev.headroom.importers;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads networks from files, whose kind is seen from their first bytes. */
public final class NetworkFiles {
  private static final int GZIP = 0x1f8b;
  private static final int ZIP = ('P' << 8) | 'K';
  private static final long MAX_DOCUMENT_BYTES = 128L << 20;

  private NetworkFiles() {}

  /**
   * Reads a network.
   *
   * @param file an archive that torch.export.save wrote ({@code .pt2}), or a {@code model.json} out
   *     of one, plain or gzipped
   * @param model which of an archive's models; null for the only one, or the first
   * @throws ImportException if it is damaged or not supported; the message says what to do
   * @throws IOException if it cannot be read at all
   */
  public static ImportedModel read(Path file, @Nullable String model) throws IOException {
    if (Files.isDirectory(file)) {
      throw new ImportException(file + " is a folder. Name a .pt2 file.");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      in.mark(2);
      int first = (in.read() << 8) | in.read();
      in.reset();
      if (first == ZIP) {
        return archive(file, model);
      }
      if (model != null) {
        throw new ImportException(file + " is one graph: --model chooses among those of a .pt2.");
      }
      if (first != GZIP && (first >> 8) != '{') {
        throw new ImportException(
            file
                + " is neither a .pt2 archive (a ZIP file) nor a model.json out of one."
                + " Write it with torch.export.save(torch.export.export(model, (x,)), \"net.pt2\").");
      }
      InputStream json = first == GZIP ? new GZIPInputStream(in) : in;
      Fields root =
          JsonDocuments.read(new Bounded(json, MAX_DOCUMENT_BYTES, file), file.toString());
      ImportedModel read = ModelReader.read(root, name(file));
      List<String> notes = new ArrayList<>(read.notes());
      notes.add("the file holds no weights: training starts from fresh ones");
      return new ImportedModel(read.graph(), null, notes);
    } catch (ZipException | EOFException e) {
      throw ImportException.damaged(file + " ends too early: " + e.getMessage(), e);
    }
  }

  private static ImportedModel archive(Path file, @Nullable String wanted) throws IOException {
    Archive archive = Archive.open(file);
    List<String> models = models(archive);
    String model = wanted == null ? models.getFirst() : wanted;
    if (!models.contains(model)) {
      throw new ImportException(
          file + " has no model '" + model + "'. It has: " + String.join(", ", models) + ".");
    }
    checkFormat(archive);
    ImportedModel read = ModelReader.read(archive.json("models/" + model + ".json"), name(file));
    Payloads payloads = Payloads.read(archive, model);
    Graph graph = payloads.tie(read.graph());
    Weights weights = new Weights(archive, payloads);
    List<String> notes = new ArrayList<>(read.notes());
    notes.addAll(payloads.notes());
    if (models.size() > 1 && wanted == null) {
      notes.addFirst(
          "the file holds "
              + models.size()
              + " models ("
              + String.join(", ", models)
              + "): this is the first, --model chooses another");
    }
    if (graph.inputs().stream()
        .anyMatch(i -> i.kind() != Input.Kind.USER && i.tiedTo() == null && !weights.has(i))) {
      notes.add("the file holds no values for some weights: training starts from fresh ones");
    }
    return new ImportedModel(graph, weights, notes);
  }

  private static List<String> models(Archive archive) {
    List<String> models = new ArrayList<>();
    boolean pickled = false;
    for (String name : archive.names()) {
      if (name.startsWith("models/") && name.endsWith(".json")) {
        models.add(name.substring("models/".length(), name.length() - ".json".length()));
      }
      pickled |= name.equals("data.pkl");
    }
    if (models.isEmpty()) {
      throw new ImportException(
          archive.file()
              + (pickled
                  ? " was written by torch.save: it holds weights, no graph."
                  : " holds no model (no entry models/*.json).")
              + " Export the network with PyTorch 2.10:"
              + " torch.export.save(torch.export.export(model, (x,)), \"net.pt2\").");
    }
    return models;
  }

  private static void checkFormat(Archive archive) throws IOException {
    String format = archive.text("archive_format");
    if (format == null || !format.equals("pt2")) {
      throw new ImportException(
          archive.file()
              + ": archive_format is "
              + (format == null ? "missing" : "'" + shortened(format) + "'")
              + ", expected 'pt2'. Write it with torch.export.save of PyTorch 2.10.");
    }
    String order = archive.text("byteorder");
    if (order != null && !order.equals("little")) {
      throw new ImportException(
          archive.file()
              + ": byteorder is '"
              + shortened(order)
              + "', only 'little' is supported.");
    }
  }

  private static String shortened(String text) {
    return text.length() > 20 ? text.substring(0, 20) + "..." : text;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).replaceAll("(\\.model)?\\.(pt2|json|json\\.gz)$", "");
  }
}
