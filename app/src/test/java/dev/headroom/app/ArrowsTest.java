package dev.headroom.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Arrows between modules go one way; what ARCHITECTURE.md draws. */
class ArrowsTest {
  private static final String[] CORE = {
    "tensor",
    "graph",
    "op",
    "recipe",
    "ledger",
    "paper",
    "loop",
    "plan",
    "report",
    "measure",
    "engine",
    "allocator",
    "device",
    "effect",
    "lever"
  };

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.headroom");

  private static String[] core() {
    String[] packages = new String[CORE.length];
    for (int i = 0; i < CORE.length; i++) {
      packages[i] = "dev.headroom." + CORE[i] + "..";
    }
    return packages;
  }

  @Test
  void classesWereFound() {
    assertThat(CLASSES.size()).isGreaterThan(100);
    for (String name : CORE) {
      assertThat(CLASSES.containPackage("dev.headroom." + name)).as(name).isTrue();
    }
  }

  @Test
  void coreKnowsTheJdkAlone() {
    noClasses()
        .that()
        .resideInAnyPackage(core())
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages(append(core(), "java..", "org.jspecify.."))
        .check(CLASSES);
  }

  @Test
  void coreReadsNoFilesAndNobodyButTheAppPrints() {
    noClasses()
        .that()
        .resideInAnyPackage(core())
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.net..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.headroom.app..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }

  @Test
  void dataZooImportersAndTorchDoNotKnowEachOther() {
    String[] modules = {"data", "zoo", "importers", "torch"};
    for (String one : modules) {
      for (String other : modules) {
        if (!one.equals(other)) {
          noClasses()
              .that()
              .resideInAPackage("dev.headroom." + one + "..")
              .should()
              .dependOnClassesThat()
              .resideInAPackage("dev.headroom." + other + "..")
              .allowEmptyShould(true)
              .check(CLASSES);
        }
      }
    }
  }

  private static String[] append(String[] some, String... more) {
    String[] all = java.util.Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }
}
