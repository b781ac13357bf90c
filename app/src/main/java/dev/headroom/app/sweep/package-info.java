/** Many short trainings at different batches, remembered, judged and drawn. */
@NullMarked
package dev.headroom.app.sweep;

import org.jspecify.annotations.NullMarked;
