package dev.headroom.app.cli;

import dev.headroom.torch.Natives;

/** One line about libtorch, found out without loading it. */
final class EngineStatus {
  private EngineStatus() {}

  static String text() {
    Natives.Status status = Natives.status();
    return status.present()
        ? "libtorch " + status.version() + " for " + status.platform() + ", CPU"
        : "none for " + status.platform() + ": plans work, training does not";
  }
}
