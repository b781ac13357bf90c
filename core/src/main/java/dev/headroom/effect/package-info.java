/**
 * What a batch size does to training: noise, steps to a target, time, and the batch worth using.
 */
@NullMarked
package dev.headroom.effect;

import org.jspecify.annotations.NullMarked;
