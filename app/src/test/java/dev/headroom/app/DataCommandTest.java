package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images as the command shows them. */
class DataCommandTest {
  @Test
  void greyTakes784BytesRawAnd3136AsFloats() {
    Run run = Run.line("data digits --index 7 --json");
    assertThat(run.json().at("/stages/0/bytes").asInt()).isEqualTo(784);
    assertThat(run.json().at("/stages/1/bytes").asInt()).isEqualTo(3_136);
    assertThat(run.json().at("/stages/1/max").asDouble()).isBetween(0.5, 1.0);
    assertThat(run.json().at("/stages/2/min").asDouble()).isLessThan(-0.4);
    assertThat(Run.line("data digits --index 7").out())
        .contains("ToTensor", "Normalize((0.1307), (0.3081))", "3,136 B")
        .doesNotContain("\u001b");
  }

  @Test
  void colourTakes3072BytesRawAnd12288AsFloats() {
    Run run = Run.line("data shapes --json");
    assertThat(run.json().at("/stages/0/shape").asText()).isEqualTo("32 x 32 x 3");
    assertThat(run.json().at("/stages/1/shape").asText()).isEqualTo("3 x 32 x 32");
    assertThat(run.json().at("/stages/1/bytes").asInt()).isEqualTo(12_288);
  }

  @Test
  void halfBlocksInColourOnRequest() {
    assertThat(Run.line("data shapes --color always").out()).contains("\u001b[38;2;", "▀");
  }

  @Test
  void picturesAreWrittenAndHaveTheirSize(@TempDir Path folder) throws Exception {
    Path one = folder.resolve("one.png");
    Path grid = folder.resolve("grid.png");
    assertThat(Run.of("data", "shapes", "--png", one.toString()).exit()).isEqualTo(Exit.OK);
    assertThat(Run.of("data", "digits", "--grid", "16", "--png", grid.toString()).exit())
        .isEqualTo(Exit.OK);
    assertThat(ImageIO.read(one.toFile()).getWidth()).isGreaterThanOrEqualTo(256);
    assertThat(ImageIO.read(grid.toFile()).getWidth()).isGreaterThanOrEqualTo(4 * 56);
  }
}
