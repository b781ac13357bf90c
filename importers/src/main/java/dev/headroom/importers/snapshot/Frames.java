package dev.headroom.importers.snapshot;

import dev.headroom.allocator.Trace.Holder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads off a recorded stack, C++ and Python mixed, who asked for memory. */
final class Frames {
  private static final Pattern OPERATOR =
      Pattern.compile("at::_ops::([A-Za-z0-9_]+)::(?:call|redispatch)\\(");
  private static final Pattern NODE =
      Pattern.compile("torch::autograd::generated::([A-Za-z0-9_]+)::apply");
  private static final Pattern WORKSPACE =
      Pattern.compile("at::cuda::(getNewWorkspace|getCurrentCUDABlasHandle)");
  private static final int OPERATORS_SHOWN = 4;

  /** Deeper stacks are cut: what asks for memory is at their top. */
  private static final int DEEPEST = 2000;

  private final IdentityHashMap<Object, Holder> known = new IdentityHashMap<>();

  /** Who asked, by the {@code frames} of an event or a block, if it has any. */
  Holder holder(Part owner) throws IOException {
    if (!owner.has("frames")) {
      return Holder.UNKNOWN;
    }
    Part frames = owner.get("frames");
    Object key = frames.value();
    if (key == null) {
      return Holder.UNKNOWN;
    }
    Holder holder = known.get(key);
    if (holder == null) {
      holder = read(frames);
      known.put(key, holder);
    }
    return holder;
  }

  private static Holder read(Part frames) throws IOException {
    List<String> operators = new ArrayList<>();
    String module = "";
    String line = "";
    int depth = Math.min(frames.size(), DEEPEST);
    for (int i = 0; i < depth && line.isEmpty(); i++) {
      Part frame = frames.get(i);
      String name = frame.get("name").text();
      String file = frame.get("filename").text();
      if (file.endsWith(".py")) {
        String place = place(file, frame.get("line").integer(), name);
        if (!file.contains("site-packages/") && !file.contains("/torch/")) {
          line = place;
        } else if (module.isEmpty() && !name.endsWith("_call_impl")) {
          module = place;
        }
      } else if (operators.size() < OPERATORS_SHOWN) {
        add(operators, name);
      }
    }
    return new Holder(String.join(" < ", operators), module, line);
  }

  private static void add(List<String> operators, String name) {
    String found = "";
    Matcher operator = OPERATOR.matcher(name);
    Matcher node = NODE.matcher(name);
    Matcher workspace = WORKSPACE.matcher(name);
    if (operator.find()) {
      found = operator.group(1);
    } else if (node.find()) {
      found = node.group(1);
    } else if (workspace.find()) {
      found = "cuBLAS workspace";
    }
    if (!found.isEmpty() && (operators.isEmpty() || !operators.getLast().equals(found))) {
      operators.add(found);
    }
  }

  /** {@code conv.py:456 _conv_forward}, with the folder for files of the framework. */
  private static String place(String file, long line, String function) {
    int cut = file.lastIndexOf("site-packages/");
    String shown =
        cut >= 0
            ? file.substring(cut + "site-packages/".length())
            : file.substring(file.lastIndexOf('/') + 1);
    return shown + ":" + line + " " + function;
  }
}
