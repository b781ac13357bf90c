package dev.headroom.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A list of libraries that does not fit what is on disk is not used. */
class KnownLibrariesTest {
  @Test
  void noList(@TempDir Path cache) {
    assertNotUsed(cache);
  }

  @Test
  void aFileThatHasChanged(@TempDir Path cache) throws IOException {
    Path library = Files.write(cache.resolve("lib.so"), new byte[3]);
    String line = "4\t" + Files.getLastModifiedTime(library).toMillis() + "\t" + library;
    Files.write(list(cache), Collections.nCopies(9, line));
    assertNotUsed(cache);
  }

  @Test
  void aFileThatIsGone(@TempDir Path cache) throws IOException {
    Files.write(list(cache), Collections.nCopies(9, "3\t0\t" + cache.resolve("gone.so")));
    assertNotUsed(cache);
  }

  @Test
  void aListThatWasCutOff(@TempDir Path cache) throws IOException {
    Path library = Files.write(cache.resolve("lib.so"), new byte[3]);
    String line = "3\t" + Files.getLastModifiedTime(library).toMillis() + "\t" + library;
    Files.writeString(list(cache), line);
    assertNotUsed(cache);
  }

  @Test
  void aFileThatIsNoLibrary(@TempDir Path cache) throws IOException {
    Path library = Files.write(cache.resolve("lib.so"), new byte[3]);
    String line = "3\t" + Files.getLastModifiedTime(library).toMillis() + "\t" + library;
    Files.write(list(cache), Collections.nCopies(9, line));
    assertNotUsed(cache);
  }

  private static Path list(Path cache) {
    return cache.resolve("headroom-0.libraries");
  }

  /** JavaCPP still loads by itself, unless the real list was used in this process before. */
  private static void assertNotUsed(Path cache) {
    boolean before = Loader.isLoadLibraries();
    assertThat(KnownLibraries.in(cache, "0").load()).isFalse();
    assertThat(Loader.isLoadLibraries()).isEqualTo(before);
  }
}
