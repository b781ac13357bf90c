/** One class per command, and the options that several commands share. */
@NullMarked
package dev.headroom.app.cli;

import org.jspecify.annotations.NullMarked;
