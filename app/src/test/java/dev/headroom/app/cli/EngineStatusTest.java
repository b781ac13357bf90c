package dev.headroom.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.torch.Natives;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What doctor says of platforms that nobody tried. */
class EngineStatusTest {
  @ParameterizedTest
  @CsvSource({
    "linux-x86_64, true, 'for linux-x86_64, CPU'",
    "macosx-arm64, true, never tried here",
    "windows-x86_64, true, training is refused here",
    "linux-riscv64, false, none for linux-riscv64"
  })
  void claimsNoMoreThanWasTried(String platform, boolean present, String said) {
    assertThat(EngineStatus.text(new Natives.Status(platform, present, "2.10.0"))).contains(said);
  }
}
