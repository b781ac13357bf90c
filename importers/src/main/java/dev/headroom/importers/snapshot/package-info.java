/** Recordings of PyTorch's CUDA caching allocator: read from files and written to them. */
@NullMarked
package dev.headroom.importers.snapshot;

import org.jspecify.annotations.NullMarked;
