package dev.headroom.importers;

import dev.headroom.graph.Dim;
import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.tensor.Bytes;
import dev.headroom.tensor.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which entry of an archive holds the values of which parameter, buffer or constant. Two that share
 * an entry are one storage: the same tensor (tied weights), or views of it.
 */
final class Payloads {
  /**
   * A tensor in an entry.
   *
   * @param path name of the entry
   * @param entry where its bytes are, or null if the archive has no values for it
   * @param dtype element type
   * @param sizes as the file says
   * @param strides as the file says
   * @param offset elements of the storage before the first one
   */
  record Payload(
      String path,
      Archive.@Nullable Entry entry,
      DType dtype,
      List<Long> sizes,
      List<Long> strides,
      long offset) {

    /** Elements of the storage from the first to the last one of the tensor. */
    long span() {
      long last = 1;
      for (int i = 0; i < sizes.size(); i++) {
        if (sizes.get(i) == 0) {
          return 0;
        }
        last = Math.addExact(last, Math.multiplyExact(sizes.get(i) - 1, (long) strides.get(i)));
      }
      return last;
    }

    long spanBytes() {
      return Math.multiplyExact(span(), (long) dtype.bytes());
    }

    long offsetBytes() {
      return Math.multiplyExact(offset, (long) dtype.bytes());
    }

    boolean sameTensor(Payload other) {
      return dtype == other.dtype
          && offset == other.offset
          && sizes.equals(other.sizes)
          && strides.equals(other.strides);
    }
  }

  private final Archive archive;
  private final Map<String, Payload> byPath = new HashMap<>();
  private final List<String> notes = new ArrayList<>();

  private Payloads(Archive archive) {
    this.archive = archive;
  }

  /** Reads what an archive says about the values of a model. */
  static Payloads read(Archive archive, String model) throws IOException {
    Payloads payloads = new Payloads(archive);
    payloads.add("data/weights/", "data/weights/" + model + "_weights_config.json");
    payloads.add("data/constants/", "data/constants/" + model + "_constants_config.json");
    return payloads;
  }

  private void add(String folder, String config) throws IOException {
    if (archive.find(config) == null) {
      return;
    }
    archive
        .json(config)
        .get("config")
        .entries()
        .forEach(
            (name, payload) -> {
              Fields meta = payload.find("tensor_meta");
              if (meta != null) {
                byPath.put(name, payload(folder, payload, meta));
              }
            });
  }

  private Payload payload(String folder, Fields payload, Fields meta) {
    String path = folder + payload.get("path_name").text();
    Archive.Entry entry = archive.find(path);
    boolean raw = !payload.get("use_pickle").flag() && entry != null && entry.bytes() > 0;
    Symbols constants = new Symbols(List.of());
    List<Long> sizes = fixed(constants.dims(meta.get("sizes")));
    List<Long> strides = fixed(constants.dims(meta.get("strides")));
    if (sizes.size() != strides.size()) {
      throw meta.wrong("as many strides as sizes");
    }
    Payload out =
        new Payload(
            path,
            raw ? entry : null,
            FileTypes.dtype(meta.get("dtype")),
            sizes,
            strides,
            constants.dim(meta.get("storage_offset")).fixed());
    long needed;
    try {
      needed = Math.addExact(out.offsetBytes(), out.spanBytes());
    } catch (ArithmeticException e) {
      throw new ImportException(
          payload + ": sizes " + sizes + " need more than 8 EiB. The file is damaged.", e);
    }
    if (raw && entry != null && entry.bytes() < needed) {
      throw new ImportException(
          payload
              + ": the shape "
              + sizes
              + " of "
              + out.dtype()
              + " needs "
              + Bytes.exact(needed)
              + ", the entry '"
              + path
              + "' has "
              + Bytes.exact(entry.bytes())
              + ". The file is truncated or damaged; export it again.");
    }
    return out;
  }

  private static List<Long> fixed(List<Dim> dims) {
    return dims.stream().map(Dim::fixed).toList();
  }

  /** The values of an input, or null if the archive has none. */
  @Nullable Payload of(Input input) {
    return byPath.get(input.path());
  }

  /** What was found out, in words. */
  List<String> notes() {
    return notes;
  }

  /**
   * The graph with inputs of one storage tied together.
   *
   * @throws ImportException if the archive describes a tensor otherwise than the graph does
   */
  Graph tie(Graph graph) {
    Map<String, Input> first = new LinkedHashMap<>();
    List<Input> inputs = new ArrayList<>();
    for (Input input : graph.inputs()) {
      Payload payload = of(input);
      if (payload == null || input.kind() == Input.Kind.USER) {
        if (payload == null && input.kind() != Input.Kind.USER) {
          throw new ImportException(
              archive.file() + ": nothing in the archive holds '" + input.path() + "'.");
        }
        inputs.add(input);
        continue;
      }
      check(input, payload);
      Input base = first.putIfAbsent(payload.path(), input);
      Payload whole = base == null ? null : of(base);
      if (base == null || whole == null) {
        inputs.add(input);
      } else if (payload.sameTensor(whole)) {
        inputs.add(input.tied(base.name(), 0));
      } else if (payload.dtype() == whole.dtype()
          && payload.offset() >= whole.offset()
          && payload.offset() + payload.span() <= whole.offset() + whole.span()) {
        inputs.add(input.tied(base.name(), payload.offset() - whole.offset()));
      } else {
        notes.add(
            "'"
                + input.path()
                + "' and '"
                + base.path()
                + "' share a storage without one lying"
                + " within the other: they are counted as two");
        inputs.add(input);
      }
    }
    return new Graph(graph.name(), inputs, graph.nodes(), graph.outputs());
  }

  private void check(Input input, Payload payload) {
    if (input.dtype() != payload.dtype() || !input.type(1).shape().equals(payload.sizes())) {
      throw new ImportException(
          archive.file()
              + ": '"
              + input.path()
              + "' is "
              + input.type(1)
              + " in the graph, but "
              + payload.dtype()
              + payload.sizes()
              + " among the weights. The file is damaged.");
    }
  }
}
