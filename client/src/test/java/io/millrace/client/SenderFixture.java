package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.SendEvent.Acked;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** A sender in front of a fake server, and streams of numbered texts. */
abstract class SenderFixture {
    static final String STREAM = "tenants/t/adapters/a/streams/s";
    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final SendLimits TENS = new SendLimits(10, 1 << 20, 100, 1 << 24);

    final FakeIngest ingest = new FakeIngest();
    final FakeServer server = new FakeServer(ingest);
    final InstantTimer timer = new InstantTimer();

    @AfterEach
    void stop() {
        server.close();
    }

    ExampleSender sender(Scheduler scheduler, int attempts) {
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), attempts, () -> 0.5);
        return MillraceClient.over(server.channel(), backoff, scheduler)
                .examples()
                .withLimits(TENS);
    }

    ExampleSender sender() {
        return sender(timer, 5);
    }

    static List<String> texts(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "text " + i).toList();
    }

    static Flux<Example> examples(int from, int to) {
        return Flux.fromIterable(texts(from, to)).map(Example::text);
    }

    static List<SendEvent> all(Flux<SendEvent> events) {
        return events.collectList().blockOptional(PATIENCE).orElseThrow();
    }

    static long acknowledged(List<SendEvent> events) {
        long next = 0;
        for (SendEvent event : events) {
            if (event instanceof Acked acked) {
                assertThat(acked.ack().firstOffset()).isEqualTo(next);
                next += acked.ack().count();
            }
        }
        return next;
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }
}
