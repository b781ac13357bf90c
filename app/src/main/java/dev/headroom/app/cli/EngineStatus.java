package dev.headroom.app.cli;

import dev.headroom.torch.Natives;

/** One line about libtorch, found out without loading it. */
final class EngineStatus {
  private EngineStatus() {}

  static String text() {
    return text(Natives.status());
  }

  static String text(Natives.Status status) {
    String platform = status.platform();
    if (!status.present()) {
      return "none for " + platform + ": plans work, training does not";
    }
    String engine = "libtorch " + status.version() + " for " + platform + ", CPU";
    if (status.tried()) {
      return engine;
    }
    return platform.startsWith("windows")
        ? engine + ": plans work, training is refused here"
        : engine + ": plans work, training was never tried here";
  }
}
