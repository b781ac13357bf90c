/** Predictions held against what other people measured: docs/accuracy.md, section by section. */
@NullMarked
package dev.headroom.app.accuracy;

import org.jspecify.annotations.NullMarked;
