/**
 * PyTorch's CUDA caching allocator on paper: which block every request gets, when a new segment is
 * asked for, and what a recorded allocator did or would have done otherwise.
 */
@NullMarked
package dev.headroom.allocator;

import org.jspecify.annotations.NullMarked;
