package dev.headroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong command lines: one message that says what is wrong and what to do, and its exit code. */
class BadUsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          ""                                             | USAGE        | no command was given
          trian mlp                                      | USAGE        | Did you mean train
          plan nosuch                                    | USAGE        | no network 'nosuch'
          plan mlp --batch 0                             | USAGE        | 0 is not between 1 and
          plan mlp --batch -3                            | USAGE        | -3 is not between 1 and
          plan mlp --batch 99999999999999999999          | USAGE        | is not a whole number
          plan mlp --batch many                          | USAGE        | 'many' is not a whole number
          plan mlp --optimizer adm                       | USAGE        | did you mean adam
          plan mlp --optimizer rmsprop --optimizer-impl fused | USAGE   | PyTorch has no fused form of rmsprop
          plan mlp --budget 8GB                          | USAGE        | such as 8GiB
          plan mlp --lr -1                               | USAGE        | not a number above 0
          plan mlp --data digits --input 3x4x5           | USAGE        | cannot go together
          plan mlp --freeze fc1 --train-only fc2         | USAGE        | cannot go together
          plan mlp --freeze fc3                          | USAGE        | no parameters in 'fc3', but in fc1, fc2
          plan mlp --freeze fc1,fc2                      | USAGE        | nothing of mlp is left to train: it has parameters in fc1, fc2
          plan mlp --set-to-none no                      | USAGE        | 'no'
          plan mlp --hidden 1000000000,1000000000,1000000000 | INPUT    | more than 8 EiB
          plan mlp --input 1000000000x1000000000x100     | INPUT        | more than 8 EiB
          plan mlp --budget 1MiB                         | DOES_NOT_FIT | ""
          plan ./no/such/file.pt2                        | INPUT        | no/such/file.pt2
          train mlp --budget 1MiB                        | DOES_NOT_FIT | more than 1.00 MiB
          train mlp --batch 100000                       | USAGE        | more than the 10000 there are
          train mlp --save /no/such/folder/x.safetensors | INPUT        | its folder is missing
          data nosuch                                    | INPUT        | Unknown data set 'nosuch'
          data mnist --data-dir /no/such                 | INPUT        | --data digits is built in
          data digits --index 10000                      | USAGE        | Use 0 to 9999
          data digits --index -1                         | USAGE        | Use 0 to 9999
          data digits --png /no/such/folder/x.png        | INPUT        | cannot be written
          data digits --grid 4                           | USAGE        | Add --png FILE
          """)
  void saysWhatIsWrongAndWhatToDo(String line, Exit exit, String words) {
    Run run = Run.line(line);
    assertThat(run.exit()).as(run.err()).isEqualTo(exit);
    assertThat(run.err()).contains(words).doesNotContain("bug in Headroom", "\tat ");
  }

  @Test
  void aPlanThatDoesNotFitIsPrintedAsJsonAllTheSame() {
    Run run = Run.line("plan mlp --budget 1MiB --json");
    assertThat(run.exit()).isEqualTo(Exit.DOES_NOT_FIT);
    assertThat(run.json().at("/peak/liveBytes").asLong()).isGreaterThan(1 << 20);
    assertThat(run.json().has("largestBatch")).isFalse();
  }

  @Test
  void nothingHalfWrittenIsLeftWhereAPictureCannotGo(@TempDir Path folder) throws Exception {
    Path taken = Files.createDirectory(folder.resolve("x.png"));
    Files.createFile(taken.resolve("kept"));
    Run run = Run.of("data", "digits", "--png", taken.toString());
    assertThat(run.exit()).as(run.err()).isEqualTo(Exit.INPUT);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
    assertThat(taken.resolve("kept")).exists();
  }
}
