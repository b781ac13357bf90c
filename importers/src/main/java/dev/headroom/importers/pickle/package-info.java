/** Python's pickle format, read as plain data and written as plain data. */
@NullMarked
package dev.headroom.importers.pickle;

import org.jspecify.annotations.NullMarked;
