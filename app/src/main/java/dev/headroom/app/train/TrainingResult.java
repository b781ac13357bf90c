package dev.headroom.app.train;

import dev.headroom.ledger.Ledger;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a training run came to.
 *
 * @param epochs passes finished
 * @param steps optimizer steps
 * @param trainLoss mean loss of the last pass, per image
 * @param testLoss mean loss on the test set after the last whole pass, NaN if there was none
 * @param testAccuracy fraction of the test set that was right, NaN likewise
 * @param trainSeconds time in training steps, evaluation left out
 * @param imagesPerSecond training images per second of that time
 * @param measured every allocation of set-up and the first iterations, as libtorch reported it
 * @param interrupted whether the user ended it early
 * @param saveFailure why the weights could not be written, or null
 */
public record TrainingResult(
    int epochs,
    long steps,
    double trainLoss,
    double testLoss,
    double testAccuracy,
    double trainSeconds,
    double imagesPerSecond,
    Ledger measured,
    boolean interrupted,
    @Nullable IOException saveFailure) {}
