package dev.headroom.app.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tells two builds apart. */
class BuildTest {
  @TempDir Path folder;

  private Path classes(String name, Map<String, String> files) throws Exception {
    Path place = folder.resolve(name);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = place.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return place;
  }

  private Path jar(String name, long time, Map<String, String> files) throws Exception {
    Path place = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(place);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, String> file : files.entrySet()) {
        ZipEntry entry = new ZipEntry(file.getKey());
        entry.setTime(time);
        zip.putNextEntry(entry);
        zip.write(file.getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        zip.closeEntry();
      }
    }
    return place;
  }

  private static String id(Path place) {
    return Build.of(List.of(new Build.Part(place, "a/")));
  }

  @Test
  void theSameClassesAreTheSameBuildWhereverAndWheneverTheyWereWritten() throws Exception {
    Map<String, String> code = Map.of("a/X.class", "one", "a/b/Y.class", "two");
    Map<String, String> more =
        Map.of("a/X.class", "one", "a/b/Y.class", "two", "META-INF/MANIFEST.MF", "Built-By: me");
    String build = id(classes("classes", code));
    assertThat(build).matches("[0-9a-f]{16}");
    assertThat(id(jar("old.jar", 1_000_000_000_000L, code))).isEqualTo(build);
    assertThat(id(jar("new.jar", 1_700_000_000_000L, more))).isEqualTo(build);
  }

  @Test
  void anyOtherClassIsAnotherBuild() throws Exception {
    String build = id(classes("classes", Map.of("a/X.class", "one", "a/Y.class", "two")));
    assertThat(id(classes("other", Map.of("a/X.class", "one", "a/Y.class", "too"))))
        .isNotEqualTo(build);
    assertThat(id(classes("moved", Map.of("a/X.class", "one", "a/Z.class", "two"))))
        .isNotEqualTo(build);
    assertThat(id(classes("less", Map.of("a/X.class", "one")))).isNotEqualTo(build);
  }

  /** Where a part of the code was not found, this fails: it would count for nothing. */
  @Test
  void theRunningCodeIsFound() {
    assertThat(Build.current()).matches("[0-9a-f]{16}").isEqualTo(Build.current());
    Build.Part missing = Build.Part.of(Build.class, "no/such/");
    assertThatThrownBy(() -> Build.of(List.of(missing))).hasMessageContaining("no/such");
  }
}
