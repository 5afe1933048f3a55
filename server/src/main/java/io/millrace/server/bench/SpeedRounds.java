package io.millrace.server.bench;

import com.sun.management.ThreadMXBean;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.command.ProcessMemory;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.step.FrozenProducts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Steps and bare products in turns, so that whatever slows the machine down for a while slows both; one workload after the
 * other, as a run meets it: the engine keeps the kernels of one shape, not of all. */
final class SpeedRounds {
    private static final int WARM_UPS = 2;

    private final BaseModel model;
    private final BaseModel untrained;
    private final List<Workload> workloads;
    private final OutputOptions output;
    private final Map<String, List<Speed.Round>> measured = new LinkedHashMap<>();
    private long heapBytes;

    /** @param untrained of the same shape, for the products */
    SpeedRounds(BaseModel model, BaseModel untrained, List<Workload> workloads, OutputOptions output) {
        this.model = model;
        this.untrained = untrained;
        this.workloads = workloads;
        this.output = output;
    }

    /** Trains an adapter of the given kind meanwhile, after rounds that warm up. */
    Speeds run(LoraConfig lora, int rounds) throws IOException {
        ProcessMemory memory = ProcessMemory.of(ProcessHandle.current().pid());
        try (Training training = Training.start(model, lora)) {
            OptionalLong before = OptionalLong.empty();
            for (Workload workload : workloads) {
                output.note("Measuring %s …".formatted(workload.name()));
                for (int i = 0; i < WARM_UPS; i++) {
                    round(training, workload, i);
                }
                before = before.isPresent() ? before : memory.resident();
                for (int i = 0; i < rounds; i++) {
                    measured.computeIfAbsent(workload.name(), name -> new ArrayList<>())
                            .add(round(training, workload, WARM_UPS + i));
                }
            }
            int steps = (WARM_UPS + rounds) * workloads.size();
            Map<String, Speed> speeds = new LinkedHashMap<>();
            measured.forEach((name, all) -> speeds.put(name, Speed.of(all)));
            return new Speeds(speeds, (double) heapBytes / steps, growth(before, memory.resident(), steps));
        }
    }

    private Speed.Round round(Training training, Workload workload, int number) {
        List<Sequence> batch = workload.batch(number);
        int tokens = Workload.tokens(batch);
        long allocated = allocated();
        double step = seconds(() -> training.step(batch));
        heapBytes += allocated() - allocated;
        double products = seconds(() -> FrozenProducts.compute(untrained, tokens, Workload.trainedTokens(batch)));
        OptionalDouble forward = workload.withForward()
                ? OptionalDouble.of(seconds(() -> training.forward(training.adapter(), batch)))
                : OptionalDouble.empty();
        return new Speed.Round(tokens, step, products, forward);
    }

    private static OptionalDouble growth(OptionalLong before, OptionalLong after, int steps) {
        return before.isPresent() && after.isPresent()
                ? OptionalDouble.of((double) (after.getAsLong() - before.getAsLong()) / steps)
                : OptionalDouble.empty();
    }

    private static double seconds(Runnable work) {
        long startedAt = System.nanoTime();
        work.run();
        return (System.nanoTime() - startedAt) / 1e9;
    }

    /** Bytes that this thread has allocated on the heap so far. */
    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
