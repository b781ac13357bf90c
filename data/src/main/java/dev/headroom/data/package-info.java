/**
 * Image data as a network sees it: files to bytes, bytes to floats, floats to batches, and back.
 */
@NullMarked
package dev.headroom.data;

import org.jspecify.annotations.NullMarked;
