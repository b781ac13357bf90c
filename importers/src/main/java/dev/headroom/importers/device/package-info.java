/** Devices as data: the catalogue that comes with Headroom, and files of one's own. */
@NullMarked
package dev.headroom.importers.device;

import org.jspecify.annotations.NullMarked;
