/** The real limit of this machine, found by trying in processes of their own. */
@NullMarked
package dev.headroom.app.fit;

import org.jspecify.annotations.NullMarked;
