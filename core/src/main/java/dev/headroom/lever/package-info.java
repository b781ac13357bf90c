/** What can be changed about a training so that it needs less memory, each change planned anew. */
@NullMarked
package dev.headroom.lever;

import org.jspecify.annotations.NullMarked;
