package dev.headroom.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What this process takes of the machine's memory, and a hard limit on it; Linux only. */
public final class ProcessMemory {
  private static final int RLIMIT_DATA = 2;
  private static final long UNLIMITED = -1;
  private static final FunctionDescriptor SETRLIMIT =
      FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS);
  private static final long KIB = 1024;

  private ProcessMemory() {}

  /** Whether this system can be asked. */
  public static boolean available() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux")
        && Files.isReadable(Path.of("/proc/self/status"));
  }

  /**
   * Private writable memory, touched or not, in bytes: what {@code RLIMIT_DATA} counts (VmData of
   * /proc/self/status).
   */
  public static long dataBytes() throws IOException {
    return status("VmData");
  }

  /** Memory that is in RAM now, in bytes (VmRSS). */
  public static long residentBytes() throws IOException {
    return status("VmRSS");
  }

  /** The most that was in RAM since the start or the last {@link #resetPeak}, in bytes (VmHWM). */
  public static long peakResidentBytes() throws IOException {
    return status("VmHWM");
  }

  /** Begins a new peak; where the kernel forbids it, the old one stays. */
  public static void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
  }

  /** Asks the kernel to end this process first, should memory run out. */
  public static void offerToOutOfMemoryKiller() throws IOException {
    Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
  }

  /**
   * Limits {@link #dataBytes} until {@link #unlimitData}: an allocation beyond it fails, as on a
   * machine that has no more.
   *
   * @throws IOException if the system refuses
   */
  public static void limitData(long bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(2 * JAVA_LONG.byteSize());
      limit.set(JAVA_LONG, 0, bytes);
      limit.set(JAVA_LONG, JAVA_LONG.byteSize(), UNLIMITED);
      if (CLibrary.call("setrlimit", SETRLIMIT, RLIMIT_DATA, limit).orElse(-1) != 0) {
        throw new IOException("setrlimit(RLIMIT_DATA, " + bytes + ") failed");
      }
    }
  }

  /** Takes the limit back. */
  public static void unlimitData() throws IOException {
    limitData(UNLIMITED);
  }

  private static long status(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field + ":")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * KIB;
      }
    }
    throw new IOException("/proc/self/status has no " + field);
  }
}
