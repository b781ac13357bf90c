/**
 * Short programs against the public API. Each shows one effect and prints it; run them in order.
 */
@NullMarked
package dev.headroom.samples;

import org.jspecify.annotations.NullMarked;
