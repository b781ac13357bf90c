package dev.headroom.plan;

/**
 * What a card shows as used at a batch, in the steps of its own reading. Workspaces of cuDNN are in
 * {@code mostBytes} alone.
 *
 * @param run the program on paper; where the card has no room for it, as if it had
 * @param contextBytes beside the run's segments: the usual context, or another one where the batch
 *     fits only with that
 * @param usedBytes segments and context of the run
 * @param leastBytes with the least context
 * @param mostBytes with the largest context, and with a workspace of cuDNN as large as each
 *     convolution's tensors if that is more
 */
public record CardUse(
    GpuRun run, long contextBytes, long usedBytes, long leastBytes, long mostBytes) {}
