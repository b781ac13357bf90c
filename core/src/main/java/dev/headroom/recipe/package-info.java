/** What a training loop adds to a network. */
@NullMarked
package dev.headroom.recipe;

import org.jspecify.annotations.NullMarked;
