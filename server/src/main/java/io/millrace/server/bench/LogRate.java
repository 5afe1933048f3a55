package io.millrace.server.bench;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.BoundBase;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.SqliteExampleLog;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import reactor.core.publisher.Flux;

/**
 * How many examples per second the log alone makes durable: what bounds ingest when nothing else has to be done. They are encoded
 * already, and the writing thread never waits for any.
 */
final class LogRate {
    private static final AdapterName ADAPTER = AdapterName.parse("tenants/bench/adapters/log");
    private static final int EXAMPLES_PER_APPEND = 250;
    private static final int STREAMS = 8;

    private LogRate() {}

    static double measure(Duration warmUp, Duration measured) throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create();
                DataDirectory directory =
                        DataDirectory.open(folder.path().resolve("data"), BoundBase.dense("sha256:none"))) {
            new AdapterStore(directory, Clock.systemUTC(), new Random(1))
                    .create(ADAPTER, "{}", Optional.empty())
                    .block();
            ExampleLog log = new SqliteExampleLog(directory, Long.MAX_VALUE / 2);
            List<EncodedExample> examples = Collections.nCopies(
                    EXAMPLES_PER_APPEND, EncodedExample.of(Example.of(new PlainText("x".repeat(970)))));
            long start = System.nanoTime();
            long from = start + warmUp.toNanos();
            long to = from + measured.toNanos();
            long appends = Flux.range(0, STREAMS)
                    .flatMap(i -> appends(log, new StreamName(ADAPTER, "s" + i), examples, to))
                    .filter(at -> at >= from && at < to)
                    .count()
                    .blockOptional()
                    .orElseThrow();
            return appends * EXAMPLES_PER_APPEND / (measured.toNanos() / 1e9);
        }
    }

    /** When each append was durable. */
    private static Flux<Long> appends(ExampleLog log, StreamName stream, List<EncodedExample> examples, long until) {
        return Flux.<Long, Long>generate(() -> 0L, (offset, sink) -> {
                    if (System.nanoTime() < until) {
                        sink.next(offset);
                    } else {
                        sink.complete();
                    }
                    return offset + examples.size();
                })
                .concatMap(offset -> log.appendEncoded(stream, offset, examples), 1)
                .doOnNext(LogRate::requireAppended)
                .map(outcome -> System.nanoTime());
    }

    private static void requireAppended(AppendOutcome outcome) {
        if (!(outcome instanceof AppendOutcome.Appended)) {
            throw new IllegalStateException("the log took no append: " + outcome);
        }
    }
}
