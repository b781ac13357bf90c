package dev.headroom.app.sweep;

import dev.headroom.engine.Backend;
import dev.headroom.recipe.Recipe;

/**
 * All that decides a run's result, apart from the machine's speed.
 *
 * @param network name and widths
 * @param data the set's name
 * @param recipe optimizer, its form, and the learning rate at this batch
 * @param batch images in a step
 * @param warmUp steps over which the learning rate rises to its full value
 * @param seed of weights and order
 * @param target test accuracy at which the run ends, a fraction
 * @param epochs passes after which it ends anyway
 * @param lookEvery training images between two looks at the test set
 * @param backend what computes
 */
public record RunSettings(
    String network,
    String data,
    Recipe recipe,
    int batch,
    int warmUp,
    long seed,
    double target,
    int epochs,
    int lookEvery,
    Backend backend) {

  /** One text for equal settings, by which the history finds a run of the same build again. */
  public String key() {
    return String.join(
        "|",
        network,
        data,
        recipe.toString(),
        "batch=" + batch,
        "warmUp=" + warmUp,
        "seed=" + seed,
        "target=" + target,
        "epochs=" + epochs,
        "lookEvery=" + lookEvery,
        backend.toString());
  }
}
