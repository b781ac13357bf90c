package dev.headroom.app.accuracy;

import dev.headroom.app.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One part of docs/accuracy.md. A new one is one more class and one more line in {@link #all}. */
public interface Section {
  /** Every section, in the order of the page. */
  static List<Section> all() {
    RunsSection runs = new RunsSection();
    return List.of(
        new OracleSection(),
        new LimitsSection(),
        new TargetsSection(),
        new CudaSection(),
        new CnnSection(),
        new TracesSection(),
        runs,
        new PeersSection(runs),
        new MaxBatchSection());
  }

  /** Its name in the JSON. */
  String name();

  /**
   * Whether it is measured on this machine, which takes minutes and comes out a little otherwise.
   */
  default boolean measuresThisMachine() {
    return false;
  }

  /**
   * Computes it.
   *
   * @param shared the folder that holds {@code ground-truth/}
   * @throws IOException if the data cannot be read
   */
  Result compute(Path shared, Terminal terminal) throws IOException;

  /**
   * What came out.
   *
   * @param markdown the lines of the page, beginning with a heading of level 2
   * @param json the same figures
   */
  record Result(List<String> markdown, Map<String, Object> json) {
    public Result {
      markdown = List.copyOf(markdown);
    }
  }
}
