package io.millrace.server.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.server.Eventually;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What this process holds: server and clients, since both run in it.
 *
 * @param heap bytes reachable
 * @param direct bytes of buffers outside the heap
 */
record Memory(long heap, long direct) {
    static Memory now() {
        System.gc();
        return new Memory(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), countedByJava() + countedByNetty());
    }

    /** Fails unless it comes to hold no more than this above an earlier moment. */
    static void assertSettlesWithin(long bytes, Memory before) {
        Memory[] now = {now()};
        Eventually.within(Duration.ofSeconds(10), () -> {
            now[0] = now();
            return now[0].heap() - before.heap() <= bytes && now[0].direct() - before.direct() <= bytes;
        });
        assertThat(now[0].heap()).as("heap").isLessThanOrEqualTo(before.heap() + bytes);
        assertThat(now[0].direct()).as("direct memory").isLessThanOrEqualTo(before.direct() + bytes);
    }

    private static long countedByJava() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** Netty may allocate past the pool that Java counts; below 0: it doesn't. */
    private static long countedByNetty() {
        return Math.max(0, PlatformDependent.usedDirectMemory());
    }
}
