/** Allocations and frees in order, and what can be read off them. */
@NullMarked
package dev.headroom.ledger;

import org.jspecify.annotations.NullMarked;
