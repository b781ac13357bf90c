package dev.headroom.app.train;

import dev.headroom.loop.TrainingLoop;
import dev.headroom.torch.TorchEngine;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Looks at a run as it goes, on the thread that trains. */
public interface StepObserver {
  /** Looks at nothing. */
  StepObserver NONE = new StepObserver() {};

  /** Before the first step; the loop is at hand until the run ends. */
  default void begin(TrainingLoop<Tensor> loop, TorchEngine engine) {}

  /**
   * After every optimizer step.
   *
   * @param step from 1
   * @param loss mean over the step's images, before the step
   * @param images images in the step
   */
  default void step(long step, double loss, long images) {}

  /** After every pass over the test set. */
  default void evaluated(long step, double accuracy, double loss) {}

  /** Several observers as one, asked in their order. */
  static StepObserver all(List<StepObserver> observers) {
    return new StepObserver() {
      @Override
      public void begin(TrainingLoop<Tensor> loop, TorchEngine engine) {
        observers.forEach(o -> o.begin(loop, engine));
      }

      @Override
      public void step(long step, double loss, long images) {
        observers.forEach(o -> o.step(step, loss, images));
      }

      @Override
      public void evaluated(long step, double accuracy, double loss) {
        observers.forEach(o -> o.evaluated(step, accuracy, loss));
      }
    };
  }
}
