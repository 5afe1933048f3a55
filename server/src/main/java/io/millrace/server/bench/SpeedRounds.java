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

/**
 * Steps and bare products in turns, so that whatever slows the machine down for a while slows both; one workload after the
 * other, as a run meets it: the engine keeps the kernels of one shape, not of all.
 */
final class SpeedRounds {
    private static final int WARM_UPS = 2;

    private final BaseModel model;
    private final BaseModel untrained;
    private final List<Workload> workloads;
    private final OutputOptions output;
    private final ProcessMemory memory =
            ProcessMemory.of(ProcessHandle.current().pid());
    private long heapBytes;
    private double grownBytes;

    /** @param untrained of the same shape, for the products */
    SpeedRounds(BaseModel model, BaseModel untrained, List<Workload> workloads, OutputOptions output) {
        this.model = model;
        this.untrained = untrained;
        this.workloads = workloads;
        this.output = output;
    }

    /** Trains an adapter of the given kind meanwhile, after rounds that warm up. */
    Speeds run(LoraConfig lora, int rounds) throws IOException {
        OtherLoad others = OtherLoad.begin();
        Map<String, Speed> speeds = new LinkedHashMap<>();
        try (Training training = Training.start(model, lora)) {
            for (Workload workload : workloads) {
                output.note("Measuring %s …".formatted(workload.name()));
                speeds.put(workload.name(), Speed.of(rounds(training, workload, rounds)));
            }
        }
        int measured = rounds * workloads.size();
        OptionalDouble grown =
                Double.isNaN(grownBytes) ? OptionalDouble.empty() : OptionalDouble.of(grownBytes / measured);
        int steps = (WARM_UPS + rounds) * workloads.size();
        return new Speeds(speeds, (double) heapBytes / steps, grown, others.share());
    }

    private List<Speed.Round> rounds(Training training, Workload workload, int rounds) throws IOException {
        for (int i = 0; i < WARM_UPS; i++) {
            round(training, workload, i);
        }
        double residentBefore = resident();
        List<Speed.Round> measured = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            measured.add(round(training, workload, WARM_UPS + i));
        }
        grownBytes += resident() - residentBefore;
        return measured;
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

    /** Bytes that this process holds; NaN: unknown. */
    private double resident() throws IOException {
        OptionalLong bytes = memory.resident();
        return bytes.isPresent() ? bytes.getAsLong() : Double.NaN;
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
