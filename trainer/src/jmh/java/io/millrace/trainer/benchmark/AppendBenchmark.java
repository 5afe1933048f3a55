package io.millrace.trainer.benchmark;

import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AppendOutcome;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Examples of 1 KB appended to the log, each append durable before the next. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init") // JMH calls the setup first
public class AppendBenchmark {
    private static final StreamName STREAM = new StreamName(BenchmarkDirectory.ADAPTER, "s");

    /** Examples in an append. */
    @Param({"1", "10", "100", "1000"})
    private int examples;

    private List<Example> batch = List.of();
    private BenchmarkDirectory directory;
    private long next;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        directory = BenchmarkDirectory.create();
        batch = Collections.nCopies(examples, Example.of(new PlainText("x".repeat(1000))));
        next = 0;
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        directory.close();
    }

    @Benchmark
    public AppendOutcome append() {
        AppendOutcome outcome = directory.log.append(STREAM, next, batch).block();
        if (!(outcome instanceof AppendOutcome.Appended)) {
            throw new IllegalStateException("not appended: " + outcome);
        }
        next += examples;
        return outcome;
    }
}
