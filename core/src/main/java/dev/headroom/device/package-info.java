/** Where training runs. */
@NullMarked
package dev.headroom.device;

import org.jspecify.annotations.NullMarked;
