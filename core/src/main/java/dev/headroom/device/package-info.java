/** Where a network trains: the CPU, or a GPU with its memory, context and workspaces. */
@NullMarked
package dev.headroom.device;

import org.jspecify.annotations.NullMarked;
