/** Built-in networks. */
@NullMarked
package dev.headroom.zoo;

import org.jspecify.annotations.NullMarked;
