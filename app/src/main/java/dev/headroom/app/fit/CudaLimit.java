package dev.headroom.app.fit;

import dev.headroom.ledger.Ledger;
import dev.headroom.torch.CudaMemory;
import java.util.Map;

/**
 * A GPU's memory, of which PyTorch's caching allocator may reserve a share ({@code
 * torch.cuda.set_per_process_memory_fraction}). The CUDA context is not in it.
 */
final class CudaLimit implements ProbeLimit {
  @Override
  public void lift() {
    CudaMemory.unlimit();
    CudaMemory.startAnew();
  }

  @Override
  public void impose(long budgetBytes) {
    CudaMemory.startAnew();
    CudaMemory.limit(budgetBytes);
  }

  @Override
  public Map<String, Long> taken(Ledger ledger, boolean validated) {
    CudaMemory.synchronize();
    return Map.of(
        "measuredBytes", CudaMemory.peakAllocatedBytes(),
        "takenBytes", CudaMemory.peakReservedBytes());
  }
}
