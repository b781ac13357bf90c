package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The documents show what the commands print. Every block that begins with {@code $ ./headroom} is
 * run; {@code -Dheadroom.golden=update} writes what they print now.
 */
class ReadmeTest {
  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^```console\\n\\$ \\./headroom ([^\\n]*)\\n(.*?)^```$");

  /** Lines that another machine prints otherwise: times, and what rounding makes of training. */
  private static final Pattern VARIES = Pattern.compile("(?m)^.*(images/s|Test accuracy).*$");

  private static final List<String> DOCUMENTS = List.of("README.md");

  @Test
  void everyBlockIsWhatTheCommandPrints() throws IOException {
    int blocks = 0;
    for (String document : DOCUMENTS) {
      Path file = root().resolve(document);
      String text = Files.readString(file);
      StringBuilder now = new StringBuilder();
      Matcher m = BLOCK.matcher(text);
      List<String> shown = new ArrayList<>();
      List<String> printed = new ArrayList<>();
      while (m.find()) {
        Run run = Run.line(m.group(1));
        assertThat(run.exit()).as(m.group(1) + "\n" + run.err()).isEqualTo(Exit.OK);
        String block = "```console\n$ ./headroom " + m.group(1) + "\n" + run.out() + "```";
        m.appendReplacement(now, Matcher.quoteReplacement(block));
        shown.add(steady(m.group()));
        printed.add(steady(block));
      }
      m.appendTail(now);
      if (System.getProperty("headroom.golden", "check").equals("update")) {
        Files.writeString(file, now);
      } else {
        assertThat(printed).as(document).isEqualTo(shown);
      }
      blocks += printed.size();
    }
    assertThat(blocks).isGreaterThanOrEqualTo(3);
  }

  /** What it quotes of largest batches is what the page says. */
  @Test
  void quotedFiguresAreThePages() throws IOException {
    String readme = Files.readString(root().resolve("README.md"));
    String page = Files.readString(root().resolve("docs/accuracy.md"));
    Matcher all = match("(\\d+) of (\\d+) that \\[others found by trying\\]", readme);
    Matcher compared = match("Of 838 models (\\d+) are compared; (\\d+) ", page);
    assertThat(all.group(1)).isEqualTo(compared.group(2));
    assertThat(all.group(2)).isEqualTo(compared.group(1));
    assertThat(match("(\\d+) with `--device rtx3090` as it is", readme).group(1))
        .isEqualTo(match("(\\d+) of the \\d+ rows lie inside", page).group(1));
  }

  private static Matcher match(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher;
  }

  private static String steady(String block) {
    return VARIES.matcher(block).replaceAll("...");
  }

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("README.md"))) {
      at = at.getParent();
    }
    return at;
  }
}
