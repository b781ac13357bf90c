package dev.headroom.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is alive at a peak. */
class PeakTest {
  @Test
  void categoriesComeInOneOrder() {
    EnumMap<Category, Long> equal = new EnumMap<>(Category.class);
    for (Category category : Category.values()) {
      equal.put(category, 4L);
    }
    Ledger.Span span = new Ledger.Span(1, Phase.BACKWARD, null, "");
    Peak peak = new Peak(4L * equal.size(), 0, span, Map.copyOf(equal));
    assertThat(peak.byCategory().keySet()).containsExactlyElementsOf(List.of(Category.values()));
  }
}
