/** The answer for one network, recipe, device and batch. */
@NullMarked
package dev.headroom.plan;

import org.jspecify.annotations.NullMarked;
