package dev.headroom.importers.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plain data in every form that Python writes it; everything else refused by name. */
class PickleTest {
  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void everyKindOfNumberAndTextIsRead() throws PickleException {
    // pickle.dumps([1, 300, -1, 2**40, 1.5, 'é', b'x', None, True, (2,), 2**100], protocol=2)
    byte[] data =
        latin(
            "\200\002]q\000(K\001M,\001J\377\377\377\377\212\006"
                + "\000\000\000\000\000\001G?\370\000\000\000\000\000\000"
                + "X\002\000\000\000\303\251C\001xN\210K\002\205\212\015"
                + "\000\000\000\000\000\000\000\000\000\000\000\000\020e.");
    List<?> list = (List<?>) Pickle.read(data);
    assertThat(list.subList(0, 6)).isEqualTo(List.of(1L, 300L, -1L, 1L << 40, 1.5, "é"));
    assertThat(list.get(6)).isEqualTo(new byte[] {'x'});
    assertThat(list.get(7)).isNull();
    assertThat(list.subList(8, 10)).isEqualTo(List.of(true, List.of(2L)));
    assertThat(list.get(10)).hasToString(java.math.BigInteger.TWO.pow(100).toString());
  }

  @Test
  void protocolZeroIsRead() throws PickleException {
    assertThat(Pickle.read(latin("(dp0\nVa\np1\n(lp2\nI1\naF2.5\naI01\naL7L\nas.")))
        .isEqualTo(Map.of("a", List.of(1L, 2.5, true, 7L)));
  }

  @Test
  void anOrderedDictIsAMap() throws PickleException {
    assertThat(Pickle.read(latin("\200\002ccollections\nOrderedDict\n)RU\001aK\001s.")))
        .isEqualTo(Map.of("a", 1L));
  }

  @Test
  void sharedObjectsStaySharedAndASelfReferenceIsNoProblem() throws PickleException {
    List<?> list = (List<?>) Pickle.read(latin("]q\000(h\000h\000e."));
    assertThat(list.get(0) == list && list.get(1) == list).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "builtins, eval",
    "builtins, getattr",
    "torch._utils, _rebuild_tensor_v2",
    "collections, defaultdict",
    "numpy.core.multiarray, _reconstruct"
  })
  void aGlobalIsRefusedByItsName(String module, String name) {
    for (String pickle :
        List.of(
            "c" + module + "\n" + name + "\n(S'echo'\ntR.",
            "\200\004\214"
                + (char) module.length()
                + module
                + "\214"
                + (char) name.length()
                + name
                + "\223\214\004echo\205R.")) {
      assertThatThrownBy(() -> Pickle.read(latin(pickle)))
          .isInstanceOf(PickleException.class)
          .hasMessageContaining(module + "." + name)
          .hasMessageContaining("refused");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'(ios\nsystem\n.', INST",
    "'(K\001o.', OBJ",
    "'K\001K\002b.', BUILD",
    "'Pabc\n.', PERSID",
    "'\202\001.', EXT",
    "'\227.', NEXT_BUFFER"
  })
  void instructionsThatBuildObjectsAreRefused(String pickle, String name) {
    assertThatThrownBy(() -> Pickle.read(latin(pickle)))
        .isInstanceOf(PickleException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("only plain data");
  }

  @ParameterizedTest
  @CsvSource({
    "'X\377\377\377\177ab', longer than the rest",
    "'\215\377\377\377\377\377\377\377\377ab', longer than the rest",
    "'\226\000\000\000\000\000\000\000\001', longer than the rest",
    "'\225\000\000\000\000\000\001\000\000', cut off",
    "'\213\101\000\000\000', longer than the rest",
    "'j\377\377\377\177.', does not exist",
    "'K', cut off",
    "'', cut off",
    "'e.', never opened",
    "'0.', empty stack",
    "'K\001K\002.', expected 1",
    "'}K\001(K\002u.', dictionary",
    "'}(K\001u.', without a value",
    "'}]K\001s.', key",
    "'\200\011.', protocol 9",
    "'Ix\n.', no integer",
    "'\377.', unknown instruction"
  })
  void damageGivesOneClearMessage(String pickle, String message) {
    assertThatThrownBy(() -> Pickle.read(latin(pickle)))
        .isInstanceOf(PickleException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("at byte");
  }

  @Test
  void depthIsNoProblem() throws PickleException {
    ByteArrayOutputStream deep = new ByteArrayOutputStream();
    for (int i = 0; i < 300_000; i++) {
      deep.write(']');
    }
    for (int i = 1; i < 300_000; i++) {
      deep.write('a');
    }
    deep.write('.');
    assertThat(Pickle.read(deep.toByteArray())).isInstanceOf(List.class);
  }
}
