/** JMH benchmarks, run with {@code bench/run.sh}. */
@NullMarked
package dev.headroom.bench;

import org.jspecify.annotations.NullMarked;
