package dev.headroom.torch;

import dev.headroom.engine.Backend;
import dev.headroom.engine.Checkpointing;
import dev.headroom.engine.Engine;
import dev.headroom.graph.Argument;
import dev.headroom.graph.Node;
import dev.headroom.ledger.Category;
import dev.headroom.ledger.LedgerWriter;
import dev.headroom.ledger.Phase;
import dev.headroom.tensor.DType;
import dev.headroom.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Storage;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/**
 * Executes ATen calls on libtorch, through its dispatcher, with its autograd: on the CPU, where
 * allocations are recorded, or on a GPU, where {@link CudaMemory} tells what the allocator gave.
 * One engine belongs to one thread. Handles are {@link Tensor}s; each is closed by {@link
 * #release}, so storage dies when PyTorch's Python would let it die.
 */
public final class TorchEngine implements Engine<Tensor>, Checkpointing<Tensor>, AutoCloseable {
  /** What a factory is told that was told no device. */
  private static final Argument.OfDevice HERE = new Argument.OfDevice("cuda");

  private final LedgerWriter writer = new LedgerWriter();
  private final AllocationRecorder recorder;
  private final Map<String, Operator> operators = new HashMap<>();
  private final IValueVector stack;
  private final boolean cuda;
  private final Boxing boxing;
  private final Tensor undefined;
  private @Nullable Node node;
  private @Nullable DType autocast;
  private boolean packing;
  private boolean onHost;

  /** The region that runs again at the moment. */
  private @Nullable Recomputation recomputing;

  /** Why a region could not run again in the backward pass under way. */
  private @Nullable Throwable backwardFailure;

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
   * As above, with or without oneDNN, which libtorch switches for the whole process; or on the
   * first GPU that this process sees, where nothing is recorded.
   */
  public TorchEngine(Backend backend, long seed) {
    cuda = backend.isCuda();
    if (cuda) {
      Cuda.load();
    } else {
      Natives.load();
    }
    stack = new IValueVector();
    boxing = new Boxing(this::wrapped, this::device);
    undefined = new Tensor();
    Threads.set(backend.threads());
    torch.globalContext().setUserEnabledMkldnn(backend.onednn());
    torch.manual_seed(seed);
    // A GPU's backward allocates on a thread of its own, which the recorder does not see.
    recorder = cuda ? AllocationRecorder.none(writer) : AllocationRecorder.start(writer);
  }

  /** Where tensors are made, as libtorch names it. */
  private String device() {
    return cuda && !onHost ? "cuda" : "cpu";
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
    Recomputation region = recomputing;
    if (region != null && region.isComplete()) {
      return nothing();
    }
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
        Object argument = i < given ? args[i] : Operator.LeftOut.LEFT_OUT;
        if (cuda && i == operator.factoryDevice) {
          stack.push_back(boxing.box(parameter, HERE));
        } else {
          stack.push_back(
              argument instanceof Operator.LeftOut
                  ? parameter.defaultValue()
                  : boxing.box(parameter, argument));
        }
      }
      operator.handle.callBoxed(stack);
      return results();
    } catch (RuntimeException e) {
      if (region != null && region.isComplete()) {
        return nothing();
      }
      throw translate(name, e);
    } finally {
      stack.clear();
      boxing.clear();
    }
  }

  /** Saved-tensor hooks pass over wrapped numbers. */
  private void wrapped(Tensor number) {
    if (recorder.isRecording()) {
      recorder.neverKept(address(number));
    }
  }

  /** Results of a call that a recomputation no longer needs: handles to no tensor. */
  private List<Tensor> nothing() {
    List<Tensor> out = new ArrayList<>();
    for (int i = 0; node != null && i < node.outputs().size(); i++) {
      out.add(own(new Tensor()));
    }
    return out;
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
    try (Device device = new Device(device());
        DeviceOptional there = new DeviceOptional(device);
        TensorOptions plain = new TensorOptions(ScalarTypes.torch(type.dtype()));
        TensorOptions options = plain.device(there)) {
      Tensor tensor = own(torch.empty_strided(sizes, strides, options));
      tag(tensor, category);
      return tensor;
    } catch (RuntimeException e) {
      throw translate("a tensor " + type, e);
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

  /** The graph kept the output if backward let go of it. */
  @Override
  public void backward(Tensor loss, @Nullable Tensor output) {
    if (output == null || !recorder.isRecording() || !output.has_storage()) {
      backward(loss);
      return;
    }
    long before = references(output);
    backward(loss);
    if (references(output) < before) {
      try (Storage storage = output.storage();
          Pointer data = storage.data()) {
        recorder.keptAt(data == null ? 0 : data.address());
      }
    }
  }

  /** To the tensor and to its storage. */
  private static long references(Tensor tensor) {
    try (Storage storage = tensor.storage()) {
      return storage.use_count() + tensor.use_count();
    }
  }

  @Override
  public void backward(Tensor loss) {
    backwardFailure = null;
    RuntimeException failure = null;
    try {
      loss.backward();
    } catch (RuntimeException e) {
      failure = e;
    }
    if (backwardFailure instanceof Error error) {
      throw error;
    }
    // Why a block could not run again says more than what libtorch then misses.
    if (backwardFailure instanceof RuntimeException own) {
      throw own;
    }
    if (failure != null) {
      throw translate("backward", failure);
    }
  }

  /** A region could not run again; libtorch's backward is about to fail for want of a tensor. */
  void failedInBackward(Throwable cause) {
    if (backwardFailure == null) {
      backwardFailure = cause;
    }
  }

  /**
   * {@inheritDoc} Parameters and buffers that the body changes in place, such as batch norm's
   * running statistics, are changed twice, as PyTorch does it too.
   */
  @Override
  public List<Tensor> checkpoint(List<Tensor> inputs, Function<List<Tensor>, List<Tensor>> body) {
    if (!GradMode.is_enabled() || packing || recomputing != null) {
      return body.apply(inputs);
    }
    if (cuda) {
      throw new EngineUnavailableException(
          "checkpointing runs on the CPU alone here: on a GPU, blocks would run again on autograd's"
              + " own thread, which was never tried. Leave --checkpoint out; plan --checkpoint"
              + " works for every device.");
    }
    packing = true;
    try {
      return new Recomputation(this, inputs, autocast, body).runFirst();
    } finally {
      packing = false;
    }
  }

  /** A region's body runs again, or has done so. */
  void recompute(@Nullable Recomputation region) {
    recomputing = region;
    if (region == null) {
      node = null;
      if (recorder.isRecording()) {
        writer.at(null, "");
      }
    }
  }

  /** The generator's state as a new tensor, which does not count as kept for backward. */
  Tensor rngState() {
    Tensor state = RandomState.get();
    if (recorder.isRecording()) {
      recorder.neverKept(address(state));
    }
    return state;
  }

  @Override
  public @Nullable Tensor grad(Tensor leaf) {
    Tensor grad = leaf.mutable_grad();
    if (!grad.defined()) {
      return null;
    }
    tag(grad, Category.GRADIENT);
    return own(new Tensor(grad));
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
  public boolean isGradEnabled() {
    return GradMode.is_enabled();
  }

  @Override
  public void suspendAutocast(boolean suspended) {
    if (autocast != null) {
      torch.set_autocast_enabled(cuda ? DeviceType.CUDA : DeviceType.CPU, !suspended);
    }
  }

  @Override
  public void setAutocast(@Nullable DType dtype) {
    autocast = dtype;
    DeviceType device = cuda ? DeviceType.CUDA : DeviceType.CPU;
    if (dtype != null) {
      torch.set_autocast_dtype(device, ScalarTypes.torch(dtype));
      torch.set_autocast_enabled(device, true);
    } else if (torch.is_autocast_enabled(device)) {
      torch.set_autocast_enabled(device, false);
      torch.clear_cache();
    }
  }

  @Override
  public void onHost(boolean on) {
    onHost = on;
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
