package dev.headroom.bench;

import dev.headroom.graph.Graph;
import dev.headroom.graph.Input;
import dev.headroom.ledger.Category;
import dev.headroom.loop.GraphRunner;
import dev.headroom.torch.TorchEngine;
import dev.headroom.torch.Values;
import dev.headroom.zoo.Mlp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What running a graph adds to the calls themselves: an MLP of width 8 forward, per call, by the
 * graph runner and as a loop of JavaCPP's own functions. The latter is libtorch's time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ExecutorBenchmark.CALLS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
      "-Dorg.bytedeco.javacpp.maxBytes=0"
    })
public class ExecutorBenchmark {
  static final int CALLS = 1001;
  private static final int HIDDEN = CALLS / 2;

  /** Whether autograd records. */
  @Param({"false", "true"})
  boolean grad;

  private final Graph graph = Mlp.build(8, Collections.nCopies(HIDDEN, 8), 8);
  private final List<Tensor> parameters = new ArrayList<>();
  private TorchEngine engine = new TorchEngine(1, 0);
  private GraphRunner<Tensor> runner = new GraphRunner<>(engine, graph);
  private Tensor x = new Tensor();

  /** Parameters and a sample of zeros. */
  @Setup
  public void setUp() {
    engine.stopRecording();
    for (int i = 0; i < graph.inputs().size(); i++) {
      Input input = graph.inputs().get(i);
      Tensor tensor = engine.empty(input.type(1), Category.PARAMETER);
      Values.memory(tensor).fill((byte) 0);
      if (input.kind() == Input.Kind.USER) {
        x = tensor;
      } else {
        engine.requireGrad(tensor);
        parameters.add(tensor);
        runner.bind(i, tensor);
      }
    }
    engine.setGradEnabled(grad);
  }

  /** The graph runner on our engine: through libtorch's dispatcher, arguments boxed. */
  @Benchmark
  public void graph() {
    engine.release(runner.run(List.of(x)));
  }

  /** The same calls by JavaCPP's bound functions, each result closed when the next has read it. */
  @Benchmark
  public void direct() {
    Tensor now = x;
    for (int layer = 0; layer <= HIDDEN; layer++) {
      try (TensorOptional bias = new TensorOptional(parameters.get(2 * layer + 1))) {
        now = next(now, torch.linear(now, parameters.get(2 * layer), bias));
      }
      if (layer < HIDDEN) {
        now = next(now, torch.relu(now));
      }
    }
    now.close();
  }

  private Tensor next(Tensor read, Tensor made) {
    if (read.address() != x.address()) {
      read.close();
    }
    return made;
  }

  /** Frees what the engine holds. */
  @TearDown
  public void tearDown() {
    parameters.forEach(engine::release);
    engine.release(x);
    engine.close();
  }
}
