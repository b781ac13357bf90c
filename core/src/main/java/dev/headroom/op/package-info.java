/** What is known about each ATen operator, one file per family. */
@NullMarked
package dev.headroom.op;

import org.jspecify.annotations.NullMarked;
