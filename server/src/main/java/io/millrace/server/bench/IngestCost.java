package io.millrace.server.bench;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.client.Example;
import io.millrace.client.StreamStatus;
import io.millrace.client.cli.OutputOptions;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/**
 * What 1,000 examples per second that arrive in appends of 10 cost a training that runs meanwhile.
 *
 * @param alone tokens trained per second
 * @param loaded the same while the examples arrive
 * @param clientShare what the load's own process took of all processors
 * @param acks of the appends that arrived meanwhile
 */
record IngestCost(double alone, double loaded, double clientShare, Percentiles acks) {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** Counts of what was trained on are told at each commit; of rank 1, a commit takes next to nothing. */
    private static final String CONFIG = """
            {"rank": 1, "batch_sequences": 2, "batch_tokens": 128, "holdout_share": 0, "replay_share": 0, "commit_every_ms": 1000}""";

    private static final int LENGTH = 64;

    /** More than are trained on meanwhile. */
    private static final int EXAMPLES = 8_000;

    /** An adapter's log takes 64 MiB that aren't trained on yet: with another round a slow machine would fill it, and the load would wait. */
    private static final int MOST_ROUNDS = 4;

    private static final int POLL_MILLIS = 20;

    /** From one commit to a later one. */
    private record Stretch(double tokensPerSecond, double clientCpuPerSecond) {}

    /** A commit. */
    private record Mark(long nanos, long clientCpuNanos, long trained) {
        Stretch until(Mark later) {
            double seconds = (later.nanos - nanos) / 1e9;
            return new Stretch(
                    (later.trained - trained) * LENGTH / seconds,
                    (later.clientCpuNanos - clientCpuNanos) / 1e9 / seconds);
        }
    }

    /** What the training lost beyond what the load's own process took. */
    double share() {
        return 1 - loaded / alone - clientShare;
    }

    /** Alternates between both, and takes the medians. */
    static IngestCost measure(BenchServer server, int vocabulary, PipelineScope scope, OutputOptions output)
            throws InterruptedException {
        output.note("Warming up …");
        // At 1,000 per second the compilers would go on for minutes: what they cost once isn't what examples cost.
        new IngestRate(server, LoadExamples.texts(PacedLoad.EXAMPLES_PER_APPEND)).measure(scope.warmUpSeconds(), 1);
        String adapter = server.create(CONFIG);
        String stream = adapter + "/streams/trained";
        server.client().examples().send(stream, sequences(vocabulary)).blockLast();
        new PacedLoad(server, adapter, "warm-up", new Percentiles()).run(scope.seconds());
        List<Stretch> alone = new ArrayList<>();
        List<Stretch> loaded = new ArrayList<>();
        Percentiles acks = new Percentiles();
        int rounds = Math.min(scope.rounds(), MOST_ROUNDS);
        for (int round = 1; round <= rounds; round++) {
            output.note("Training, without and with 1,000 examples per second, %d of %d …".formatted(round, rounds));
            alone.add(stretch(server, stream, scope.seconds()));
            try (var load = new PacedLoad(server, adapter, "arriving-" + round, acks).start()) {
                loaded.add(stretch(server, stream, scope.seconds()));
            }
        }
        double clientCpu = median(loaded, Stretch::clientCpuPerSecond) - median(alone, Stretch::clientCpuPerSecond);
        return new IngestCost(
                median(alone, Stretch::tokensPerSecond),
                median(loaded, Stretch::tokensPerSecond),
                clientCpu / Runtime.getRuntime().availableProcessors(),
                acks);
    }

    private static Flux<Example> sequences(int vocabulary) {
        Random random = new Random(1);
        return Flux.range(0, EXAMPLES)
                .map(i -> Example.tokenIds(IntStream.generate(() -> random.nextInt(vocabulary))
                        .limit(LENGTH)
                        .boxed()
                        .toList()));
    }

    private static Stretch stretch(BenchServer server, String stream, int seconds) throws InterruptedException {
        Mark start = nextCommit(server, stream);
        TimeUnit.SECONDS.sleep(seconds);
        return start.until(nextCommit(server, stream));
    }

    private static Mark nextCommit(BenchServer server, String stream) throws InterruptedException {
        long before = trained(server, stream);
        long now = before;
        while (now == before) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            now = trained(server, stream);
        }
        return new Mark(System.nanoTime(), SYSTEM.getProcessCpuTime(), now);
    }

    private static long trained(BenchServer server, String stream) {
        return server.client()
                .examples()
                .status(stream)
                .map(StreamStatus::trained)
                .blockOptional()
                .orElseThrow();
    }

    private static double median(List<Stretch> stretches, ToDoubleFunction<Stretch> figure) {
        return Median.of(stretches.stream().map(figure::applyAsDouble).toList());
    }
}
