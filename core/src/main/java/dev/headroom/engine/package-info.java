/** What runs a graph: on paper, or on libtorch. One training loop drives both. */
@NullMarked
package dev.headroom.engine;

import org.jspecify.annotations.NullMarked;
