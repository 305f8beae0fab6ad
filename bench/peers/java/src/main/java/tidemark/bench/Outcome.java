package tidemark.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a peer tells at its end, as its last line of output. */
final class Outcome {
  private Outcome() {}

  static void print(long scored, long firstNanos, long lastNanos) throws IOException {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.printf(
        Locale.ROOT,
        "{\"scored\":%d,\"seconds\":%.6f,\"cpuSeconds\":%.3f,\"maxRssMiB\":%.1f}%n",
        scored,
        (lastNanos - firstNanos) / 1e9,
        system.getProcessCpuTime() / 1e9,
        peakKiB() / 1024.0);
  }

  private static long peakKiB() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) return 0;
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", ""));
    }
    return 0;
  }
}
