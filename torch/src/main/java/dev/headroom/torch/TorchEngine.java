package dev.headroom.torch;

import dev.headroom.engine.Backend;
import dev.headroom.engine.Engine;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.MemoryFormat;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/**
 * Executes ATen calls on libtorch's CPU backend, through its dispatcher, with its autograd. One
 * engine belongs to one thread. Handles are {@link Tensor}s; each is closed by {@link #release}, so
 * storage dies when PyTorch's Python would let it die.
 */
public final class TorchEngine implements Engine<Tensor>, AutoCloseable {
  private final LedgerWriter writer = new LedgerWriter();
  private final AllocationRecorder recorder;
  private final Map<String, Operator> operators = new HashMap<>();
  private final IValueVector stack;
  private final List<Pointer> temporaries = new ArrayList<>();
  private final Tensor undefined;
  private @Nullable Node node;
  private long liveHandles;

  /**
   * Loads libtorch and begins to record allocations.
   *
   * @param threads threads of an operator (torch.set_num_threads, and OpenBLAS's own)
   * @param seed of libtorch's generator (torch.manual_seed)
   * @throws EngineUnavailableException if libtorch cannot run here
   */
  public TorchEngine(int threads, long seed) {
    this(Backend.cpu().withThreads(threads), seed);
  }

  /**
   * As above, with or without oneDNN, which libtorch switches for the whole process.
   *
   * @param backend a CPU
   */
  public TorchEngine(Backend backend, long seed) {
    Natives.load();
    stack = new IValueVector();
    undefined = new Tensor();
    Threads.set(backend.threads());
    torch.globalContext().setUserEnabledMkldnn(backend.onednn());
    torch.manual_seed(seed);
    recorder = AllocationRecorder.start(writer);
  }

  /** What was recorded so far. */
  public LedgerWriter recorded() {
    return writer;
  }

  /** Ends recording, for speed; what was recorded stays. */
  public void stopRecording() {
    recorder.close();
  }

  /** Handles that were given out and not released. */
  public long liveHandles() {
    return liveHandles;
  }

  @Override
  public List<Tensor> call(String name, @Nullable Object... args) {
    return call(operator(name), name, args);
  }

  @Override
  public List<Tensor> call(
      String name, List<@Nullable Object> args, Map<String, @Nullable Object> keywords) {
    Operator operator = operator(name);
    return call(operator, name, operator.place(name, args, keywords));
  }

  private Operator operator(String name) {
    Operator operator = operators.get(name);
    if (operator == null) {
      operator = Operator.find(name);
      operators.put(name, operator);
    }
    return operator;
  }

  private List<Tensor> call(Operator operator, String name, @Nullable Object[] args) {
    if (recorder.isRecording()) {
      writer.at(node, name);
    }
    try {
      int given = args.length;
      List<Operator.Parameter> parameters = operator.parameters;
      if (given > parameters.size()) {
        throw new IllegalArgumentException(
            name + " takes " + parameters.size() + " arguments, not " + given);
      }
      for (int i = 0; i < parameters.size(); i++) {
        Operator.Parameter parameter = parameters.get(i);
        stack.push_back(
            i < given && !(args[i] instanceof Operator.LeftOut)
                ? box(parameter, args[i])
                : parameter.defaultValue());
      }
      operator.handle.callBoxed(stack);
      return results();
    } catch (RuntimeException e) {
      throw translate(name, e);
    } finally {
      stack.clear();
      for (int i = temporaries.size() - 1; i >= 0; i--) {
        temporaries.get(i).close();
      }
      temporaries.clear();
    }
  }

  private List<Tensor> results() {
    long count = stack.size();
    if (count == 1 && stack.get(0).isTensor()) {
      return List.of(own(stack.get(0)));
    }
    List<Tensor> out = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      IValue value = stack.get(i);
      if (value.isTensorList()) {
        TensorVector tensors = value.toTensorVector();
        for (long j = 0; j < tensors.size(); j++) {
          out.add(own(new Tensor(tensors.get(j))));
        }
        tensors.close();
      } else if (value.isTensor()) {
        out.add(own(value));
      }
    }
    return out;
  }

  /**
   * IValue.toTensor() refers into the IValue: the handle must be a copy, made before the stack
   * goes.
   */
  private Tensor own(IValue value) {
    return own(new Tensor(value.toTensor()));
  }

  private Tensor own(Tensor tensor) {
    liveHandles++;
    return tensor;
  }

  private IValue box(Operator.Parameter parameter, @Nullable Object value) {
    IValue boxed = unkept(parameter, value);
    temporaries.add(boxed);
    return boxed;
  }

  private IValue unkept(Operator.Parameter parameter, @Nullable Object value) {
    return switch (value) {
      case null -> new IValue();
      case Tensor t -> new IValue(t);
      case Long l -> parameter.isTensor() ? wrapped(new Scalar(l)) : new IValue((long) l);
      case Double d -> parameter.isTensor() ? wrapped(new Scalar(d)) : new IValue((double) d);
      case Boolean b -> new IValue((boolean) b);
      case DType dtype -> new IValue((long) ScalarTypes.number(dtype));
      case String s -> new IValue(s);
      case MemoryFormat format -> new IValue((long) format.number());
      case Argument.OfDevice d -> device();
      case List<?> list -> list(parameter, list);
      default -> throw new IllegalArgumentException("cannot pass a " + value.getClass());
    };
  }

  /** Whatever device a file names, calls run on this engine's. */
  private IValue device() {
    Device cpu = new Device("cpu");
    temporaries.add(cpu);
    return new IValue(cpu);
  }

  /** A number where a tensor is expected becomes 8 bytes of their own, as in Python's binding. */
  private IValue wrapped(Scalar scalar) {
    Tensor tensor = torch.wrapped_scalar_tensor(scalar);
    scalar.close();
    temporaries.add(tensor);
    if (recorder.isRecording()) {
      recorder.wrappedNumber(address(tensor));
    }
    return new IValue(tensor);
  }

  private IValue list(Operator.Parameter parameter, List<?> items) {
    if (parameter.listElement() == null) {
      throw new IllegalArgumentException("a list was given where the schema has none");
    }
    GenericList list = new GenericList(parameter.listElement());
    temporaries.add(list);
    for (Object item : items) {
      IValue value =
          switch (item) {
            case Tensor t -> new IValue(t);
            case Long l -> new IValue((long) l);
            case Double d -> new IValue((double) d);
            case Boolean b -> new IValue((boolean) b);
            case null -> new IValue();
            default -> throw new IllegalArgumentException("cannot pass a list with " + item);
          };
      list.push_back(value);
      value.close();
    }
    return new IValue(list);
  }

  private static RuntimeException translate(String name, RuntimeException e) {
    String message = name + ": " + TorchException.reason(e);
    return TorchOutOfMemoryException.is(e)
        ? new TorchOutOfMemoryException(message, e)
        : e instanceof IllegalArgumentException ? e : new TorchException(message, e);
  }

  @Override
  public void release(Tensor tensor) {
    tensor.close();
    liveHandles--;
  }

  @Override
  public Tensor empty(TensorType type, Category category) {
    long[] sizes = type.shape().stream().mapToLong(Long::longValue).toArray();
    long[] strides = type.strides().stream().mapToLong(Long::longValue).toArray();
    TensorOptions options = new TensorOptions(ScalarTypes.torch(type.dtype()));
    try {
      Tensor tensor = own(torch.empty_strided(sizes, strides, options));
      tag(tensor, category);
      return tensor;
    } catch (RuntimeException e) {
      throw translate("a tensor " + type, e);
    } finally {
      options.close();
    }
  }

  @Override
  public Tensor view(Tensor base, TensorType type, long offset) {
    long[] sizes = type.shape().stream().mapToLong(Long::longValue).toArray();
    long[] strides = type.strides().stream().mapToLong(Long::longValue).toArray();
    // Of a detached alias: a view of the leaf itself may not be used once an optimizer changed it.
    try (LongOptional at = new LongOptional(offset);
        Tensor alias = base.detach()) {
      return own(alias.as_strided(sizes, strides, at));
    }
  }

  @Override
  public Tensor constant(TensorType type) {
    return recorder.unseen(() -> empty(type, Category.TEMPORARY));
  }

  @Override
  public void tag(Tensor tensor, Category category) {
    if (recorder.isRecording()) {
      recorder.tag(address(tensor), category);
    }
  }

  /** Address of the first element; equal to the storage's for all that the loop tags. */
  static long address(Tensor tensor) {
    try (Pointer data = tensor.data_ptr()) {
      return data == null ? 0 : data.address();
    }
  }

  @Override
  public void requireGrad(Tensor leaf) {
    leaf.set_requires_grad(true);
  }

  @Override
  public TensorType type(Tensor tensor) {
    long[] sizes = tensor.sizes().vec().get();
    long[] strides = tensor.strides().vec().get();
    return new TensorType(
        ScalarTypes.of(tensor.scalar_type()),
        Arrays.stream(sizes).boxed().toList(),
        Arrays.stream(strides).boxed().toList());
  }

  @Override
  public void backward(Tensor loss) {
    try {
      loss.backward();
    } catch (RuntimeException e) {
      throw translate("backward", e);
    }
  }

  @Override
  public @Nullable Tensor grad(Tensor leaf) {
    Tensor grad = leaf.mutable_grad();
    return grad.defined() ? own(new Tensor(grad)) : null;
  }

  @Override
  public void clearGrad(Tensor leaf) {
    leaf.mutable_grad().put(undefined);
  }

  @Override
  public void setGradEnabled(boolean enabled) {
    GradMode.set_enabled(enabled);
  }

  @Override
  public void setAutocast(@Nullable DType dtype) {
    if (dtype != null) {
      torch.set_autocast_dtype(DeviceType.CPU, ScalarTypes.torch(dtype));
      torch.set_autocast_enabled(DeviceType.CPU, true);
    } else if (torch.is_autocast_enabled(DeviceType.CPU)) {
      torch.set_autocast_enabled(DeviceType.CPU, false);
      torch.clear_cache();
    }
  }

  @Override
  public void phase(int iteration, Phase phase) {
    if (recorder.isRecording()) {
      writer.phase(iteration, phase);
    }
  }

  @Override
  public void at(@Nullable Node newNode) {
    node = newNode;
  }

  /** Value of a tensor with one element. */
  public double scalar(Tensor tensor) {
    return tensor.item_double();
  }

  /** Ends recording and frees what the engine itself holds; handles stay the caller's. */
  @Override
  public void close() {
    recorder.close();
    stack.close();
    undefined.close();
    for (Operator operator : operators.values()) {
      operator.handle.close();
    }
  }
}
