package io.millrace.server.bench;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What {@link SpeedRounds} found.
 *
 * @param byWorkload in the order measured
 * @param heapBytesPerStep what a step allocates in Java
 * @param nativeBytesPerStep by how much the process grows with each step once it is warm: what a step allocates natively and
 *     frees again doesn't count; absent where the system doesn't tell
 * @param otherLoad share of the processors that other processes took meanwhile; absent where the system doesn't tell
 */
record Speeds(
        Map<String, Speed> byWorkload,
        double heapBytesPerStep,
        OptionalDouble nativeBytesPerStep,
        OptionalDouble otherLoad) {
    Speed of(String workload) {
        return Optional.ofNullable(byWorkload.get(workload)).orElseThrow();
    }
}
