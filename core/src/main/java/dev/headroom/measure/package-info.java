/** Measured beside predicted. */
@NullMarked
package dev.headroom.measure;

import org.jspecify.annotations.NullMarked;
