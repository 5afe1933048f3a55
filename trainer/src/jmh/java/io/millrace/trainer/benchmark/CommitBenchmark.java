package io.millrace.trainer.benchmark;

import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.NewRevision;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.log.Settlement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From bytes in memory to a durable commit: a training state of 78 MB, four numbers for each weight of a LoRA of rank 16 on all
 * linears of SmolLM2-135M; and the same with a revision of 20 MB, its weights.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the setup first
public class CommitBenchmark {
    private static final int WEIGHTS = 4_884_480;

    private final ByteBuffer state = ByteBuffer.allocateDirect(4 * 4 * WEIGHTS);
    private final ByteBuffer weights = ByteBuffer.allocateDirect(4 * WEIGHTS);
    private BenchmarkDirectory directory;
    private long step;

    @Setup
    public void open() throws IOException {
        directory = BenchmarkDirectory.create();
    }

    @TearDown
    public void close() throws IOException {
        directory.close();
    }

    @Benchmark
    public void commit() throws IOException {
        try (ArtifactLease file = store(state)) {
            directory.commits.commit(commit(file)).block();
        }
    }

    @Benchmark
    public @Nullable Revision publish() throws IOException {
        try (ArtifactLease file = store(state);
                ArtifactLease published = store(weights)) {
            NewRevision revision = new NewRevision(
                    Optional.empty(),
                    List.of(published.artifact().named("adapter_model.safetensors")),
                    "sha256:benchmark",
                    "lora",
                    "{}",
                    Map.of(),
                    step,
                    step,
                    Map.of(),
                    "benchmark",
                    Map.of(),
                    Optional.empty());
            return directory.commits.publish(commit(file), revision).block();
        }
    }

    private ArtifactLease store(ByteBuffer content) throws IOException {
        content.putLong(0, ++step); // another file each time
        return directory.artifacts.write(out -> out.write(content.duplicate()));
    }

    private Commit commit(ArtifactLease file) {
        List<ArtifactFile> files = List.of(file.artifact().named("training_state.safetensors"));
        return new Commit(BenchmarkDirectory.ADAPTER, step, files, Settlement.NONE, "{}");
    }
}
