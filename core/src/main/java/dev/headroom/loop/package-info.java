/** The training loop, written once for paper and for libtorch. */
@NullMarked
package dev.headroom.loop;

import org.jspecify.annotations.NullMarked;
