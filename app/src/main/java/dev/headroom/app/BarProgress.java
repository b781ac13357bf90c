package dev.headroom.app;

import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with rate and time left, drawn by a thread of its own five times a second. */
final class BarProgress implements Progress {
  private final ProgressBar bar;

  BarProgress(String task, long total, String unit, PrintStream err) {
    // With a consumer of fixed width the library never asks JLine for the terminal.
    this.bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUpdateIntervalMillis(200)
            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
            .setUnit(" " + unit, 1)
            .showSpeed()
            .setSpeedUnit(ChronoUnit.SECONDS)
            .setConsumer(new ConsoleProgressBarConsumer(err, Terminal.WIDTH - 1))
            .build();
  }

  @Override
  public void advance(long steps) {
    bar.stepBy(steps);
  }

  @Override
  public void say(String state) {
    bar.setExtraMessage(state);
  }

  @Override
  public void close() {
    bar.close();
  }
}
