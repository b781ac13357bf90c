/** A network as a list of ATen calls, as torch.export writes it. */
@NullMarked
package dev.headroom.graph;

import org.jspecify.annotations.NullMarked;
