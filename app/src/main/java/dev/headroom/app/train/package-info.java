/** Training on libtorch, with what was predicted beside what was measured. */
@NullMarked
package dev.headroom.app.train;

import org.jspecify.annotations.NullMarked;
