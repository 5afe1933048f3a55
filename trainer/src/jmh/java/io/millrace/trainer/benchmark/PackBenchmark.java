package io.millrace.trainer.benchmark;

import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A batch of eight chats laid out for the model. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PackBenchmark {
    private static final int SEQUENCES = 8;
    private static final int SHORTEST = 40;
    private static final int ANSWER = 10;
    private static final int VOCABULARY = 49_152;

    /** Tokens that all of them begin with. */
    @Param({"0", "200"})
    private int shared;

    private List<Sequence> batch = List.of();

    @Setup
    public void make() {
        Random random = new Random(1);
        int[] prompt = random.ints(shared, 0, VOCABULARY).toArray();
        List<Sequence> made = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            int own = SHORTEST + 2 * i;
            int[] ids = Arrays.copyOf(prompt, shared + own);
            float[] weights = new float[ids.length];
            for (int j = shared; j < ids.length; j++) {
                ids[j] = random.nextInt(VOCABULARY);
            }
            Arrays.fill(weights, ids.length - ANSWER, ids.length, 1);
            made.add(new Sequence(ids, weights));
        }
        batch = made;
    }

    @Benchmark
    public List<PackedBatch> pack() {
        return PackedBatch.split(batch, 768);
    }
}
