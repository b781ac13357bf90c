/** What people read: tables as text, and the same as a tree for JSON. */
@NullMarked
package dev.headroom.report;

import org.jspecify.annotations.NullMarked;
