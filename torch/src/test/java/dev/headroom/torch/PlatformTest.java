package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables built by hand are refused where they would be wrong. */
class PlatformTest {
  @ParameterizedTest
  @ValueSource(strings = {"linux-x86_64", "macosx-arm64"})
  void theItaniumLayoutIsThere(String platform) {
    assertThatCode(() -> AllocationRecorder.requireLayout(status(platform)))
        .doesNotThrowAnyException();
  }

  @Test
  void windowsHasAnother() {
    assertThatThrownBy(() -> AllocationRecorder.requireLayout(status("windows-x86_64")))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("windows-x86_64")
        .hasMessageContaining("plans work everywhere");
  }

  private static Natives.Status status(String platform) {
    return new Natives.Status(platform, true, "2.10.0");
  }
}
