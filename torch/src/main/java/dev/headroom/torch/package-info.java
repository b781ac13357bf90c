/** The only native code: executes ATen calls on libtorch and records its allocations. */
@NullMarked
package dev.headroom.torch;

import org.jspecify.annotations.NullMarked;
