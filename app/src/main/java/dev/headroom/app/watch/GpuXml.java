package dev.headroom.app.watch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Reads what {@code nvidia-smi -q -x} prints. Drivers differ in the fields that they have and write
 * {@code N/A}, {@code [N/A]}, {@code [Not Supported]} and the like into those that they cannot
 * fill; all of that counts as not told.
 */
final class GpuXml {
  private static final long MIB = 1 << 20;

  private GpuXml() {}

  /**
   * One sample per GPU; for a GPU in MIG mode one per MIG device, since that is what a program
   * gets.
   *
   * @throws IOException if it is no such output
   */
  static List<Sample> parse(String text) throws IOException {
    int start = text.indexOf("<nvidia_smi_log");
    if (start < 0) {
      throw new IOException(reason(text));
    }
    // Without the prologue: its DOCTYPE names a file that is never there.
    Element root = root(text.substring(start));
    List<Sample> samples = new ArrayList<>();
    int index = 0;
    for (Element gpu : children(root, "gpu")) {
      String name = "GPU " + index++ + " " + text(gpu, "product_name");
      List<Element> slices = migDevices(gpu);
      if (slices.isEmpty()) {
        samples.add(sample(name, gpu, processes(gpu, null)));
      }
      for (Element slice : slices) {
        String instance = text(slice, "gpu_instance_id");
        samples.add(sample(name + " MIG " + text(slice, "index"), slice, processes(gpu, instance)));
      }
    }
    if (samples.isEmpty()) {
      throw new IOException("nvidia-smi shows no GPU");
    }
    return samples;
  }

  /** Why there is no answer, in nvidia-smi's own words: their first line. */
  static String reason(String text) {
    return text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElse("nvidia-smi said nothing");
  }

  private static Sample sample(String name, Element of, List<Sample.Use> processes) {
    List<Element> memory = children(of, "fb_memory_usage");
    return new Sample(
        name,
        memory.isEmpty() ? null : bytes(text(memory.getFirst(), "used")),
        memory.isEmpty() ? null : bytes(text(memory.getFirst(), "total")),
        processes);
  }

  private static List<Element> migDevices(Element gpu) {
    List<Element> list = children(gpu, "mig_devices");
    return list.isEmpty() ? List.of() : children(list.getFirst(), "mig_device");
  }

  private static List<Sample.Use> processes(Element gpu, @Nullable String instance) {
    List<Sample.Use> out = new ArrayList<>();
    for (Element list : children(gpu, "processes")) {
      for (Element process : children(list, "process_info")) {
        if (instance == null || instance.equals(text(process, "gpu_instance_id"))) {
          String pid = text(process, "pid");
          if (pid.matches("\\d{1,18}")) {
            out.add(
                new Sample.Use(
                    Long.parseLong(pid),
                    text(process, "process_name"),
                    bytes(text(process, "used_memory"))));
          }
        }
      }
    }
    return out;
  }

  /** {@code 24268 MiB} in bytes; null for anything that is no number. */
  static @Nullable Long bytes(String value) {
    String number = value.endsWith(" MiB") ? value.substring(0, value.length() - 4) : value;
    return number.matches("\\d{1,9}") ? (Long) (Long.parseLong(number) * MIB) : null;
  }

  private static Element root(String xml) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      var builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null);
      return builder
          .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
          .getDocumentElement();
    } catch (SAXException | ParserConfigurationException e) {
      throw new IOException("nvidia-smi's output ends early or is damaged: " + e.getMessage(), e);
    }
  }

  private static List<Element> children(Element of, String name) {
    List<Element> out = new ArrayList<>();
    for (Node node = of.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        out.add(element);
      }
    }
    return out;
  }

  private static String text(Element of, String name) {
    List<Element> found = children(of, name);
    return found.isEmpty() ? "" : found.getFirst().getTextContent().strip();
  }
}
