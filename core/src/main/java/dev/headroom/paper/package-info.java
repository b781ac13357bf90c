/** ATen and autograd on paper: what is allocated and freed, without computing anything. */
@NullMarked
package dev.headroom.paper;

import org.jspecify.annotations.NullMarked;
