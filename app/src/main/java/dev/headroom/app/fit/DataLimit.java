package dev.headroom.app.fit;

import dev.headroom.ledger.Ledger;
import dev.headroom.ledger.Timeline;
import dev.headroom.torch.ProcessMemory;
import java.io.IOException;
import java.util.Map;

/** The process's own private memory, which the kernel limits (RLIMIT_DATA). */
final class DataLimit implements ProbeLimit {
  private long idleResident;

  @Override
  public void lift() throws IOException {
    ProcessMemory.offerToOutOfMemoryKiller();
    ProcessMemory.unlimitData();
  }

  @Override
  public void impose(long budgetBytes) throws IOException {
    System.gc();
    idleResident = ProcessMemory.residentBytes();
    ProcessMemory.resetPeak();
    ProcessMemory.limitData(ProcessMemory.dataBytes() + budgetBytes);
  }

  @Override
  public Map<String, Long> taken(Ledger ledger, boolean validated) throws IOException {
    Timeline timeline = new Timeline(ledger);
    long peak = timeline.peak().liveBytes();
    if (validated) {
      peak = Math.max(peak, timeline.validationPeak().liveBytes());
    }
    return Map.of(
        "measuredBytes", peak, "takenBytes", ProcessMemory.peakResidentBytes() - idleResident);
  }
}
