/** Reads networks from files into core's graph: what torch.export.save writes. */
@NullMarked
package dev.headroom.importers;

import org.jspecify.annotations.NullMarked;
