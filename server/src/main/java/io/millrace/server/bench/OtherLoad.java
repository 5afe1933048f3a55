package io.millrace.server.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalDouble;

/** How busy other processes kept the machine since this was begun: figures are worth less the more it is. */
final class OtherLoad {
    private static final Path STAT = Path.of("/proc/stat");

    /** Of user, nice, system, idle, iowait, irq, softirq, steal: what processes used. */
    private static final int[] BUSY = {0, 1, 2};

    private static final double TICKS_PER_SECOND = 100;

    private final double startedAt = now();
    private final double busyBefore;
    private final double ownBefore = own();

    private OtherLoad(double busyBefore) {
        this.busyBefore = busyBefore;
    }

    static OtherLoad begin() throws IOException {
        return new OtherLoad(busy());
    }

    /** Share of all processors; absent where the system doesn't tell. */
    OptionalDouble share() throws IOException {
        double busy = busy() - busyBefore;
        double capacity = (now() - startedAt) * Runtime.getRuntime().availableProcessors();
        return Double.isNaN(busy)
                ? OptionalDouble.empty()
                : OptionalDouble.of(Math.max(0, (busy - (own() - ownBefore)) / capacity));
    }

    private static double now() {
        return System.nanoTime() / 1e9;
    }

    /** Processor seconds of this process. */
    private static double own() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    }

    /** Processor seconds of all processes; NaN: unknown. */
    private static double busy() throws IOException {
        if (!Files.isReadable(STAT)) {
            return Double.NaN;
        }
        String[] ticks =
                Files.readAllLines(STAT).get(0).replaceFirst("cpu +", "").split(" ", -1);
        return Arrays.stream(BUSY).mapToLong(i -> Long.parseLong(ticks[i])).sum() / TICKS_PER_SECOND;
    }
}
