/** Memory over time: of GPUs where there are some, of processes where there are none. */
@NullMarked
package dev.headroom.app.watch;

import org.jspecify.annotations.NullMarked;
