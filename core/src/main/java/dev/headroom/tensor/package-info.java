/** Data types, shapes, strides and exact byte arithmetic. */
@NullMarked
package dev.headroom.tensor;

import org.jspecify.annotations.NullMarked;
