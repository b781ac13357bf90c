/** The command line: the only module that prints. */
@NullMarked
package dev.headroom.app;

import org.jspecify.annotations.NullMarked;
