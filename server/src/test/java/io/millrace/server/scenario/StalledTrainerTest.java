package io.millrace.server.scenario;

import static io.millrace.server.TestServer.ADAPTER;
import static io.millrace.server.TestServer.LOG_BOUND;
import static io.millrace.server.TestServer.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Ack;
import io.millrace.client.Example;
import io.millrace.client.ExampleSender;
import io.millrace.client.MillraceClient;
import io.millrace.client.NumberedExamples;
import io.millrace.client.SendEvent;
import io.millrace.client.SendLimits;
import io.millrace.server.Eventually;
import io.millrace.server.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Clients push for ever at a trainer that settles nothing. Their log is bounded, and so is everything before it. */
class StalledTrainerTest {
    private static final int MIB = 1 << 20;
    /** The log's bound twice, what the client holds, and the transport's pools. */
    private static final long BOUND = 48L * MIB;

    private static final long FLAT = 8L * MIB;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final SendLimits LIMITS = new SendLimits(64, 8 << 10, 512, 2 * MIB);

    private final TestServer server;
    private final MillraceClient client;
    private final AtomicLong pulled = new AtomicLong();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final AtomicLong acknowledged = new AtomicLong();
    private final CountDownLatch throttled = new CountDownLatch(1);

    StalledTrainerTest(@TempDir Path directory) throws IOException {
        server = new TestServer(directory.resolve("data"));
        client = MillraceClient.over(server.channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void logAtItsBound_throttlesTheClient_holdsMemoryFlat_andGoesOnWhenSomethingIsSettled() throws Exception {
        Memory before = Memory.now();
        CompletableFuture<Void> sending = sender().events(
                        STREAM.toString(), next -> new NumberedExamples(next, endless()))
                .doOnNext(this::note)
                .then()
                .toFuture();

        assertThat(throttled.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(server.log.room(ADAPTER)).isBetween(0L, LOG_BOUND / 2);
        long stored = stored();
        assertThat(pulled.get()).as("read from the source").isLessThanOrEqualTo(stored + LIMITS.heldExamples());
        Memory.assertSettlesWithin(BOUND, before);
        Memory atBound = Memory.now();
        for (int i = 0; i < 20; i++) {
            pushAnotherStream(i);
        }
        assertThat(stored()).isEqualTo(stored);
        assertThat(server.log.room(ADAPTER)).isBetween(0L, LOG_BOUND / 2);
        assertThat(pulled.get()).isLessThanOrEqualTo(stored + LIMITS.heldExamples());
        Memory.assertSettlesWithin(FLAT, atBound);

        assertThat(settlingUntil(() -> acknowledged.get() > 5 * stored)).isTrue();
        enough.set(true);
        assertThat(settlingUntil(sending::isDone)).isTrue();
        assertThat(sending).isCompleted();
        assertThat(acknowledged.get()).isEqualTo(pulled.get()).isEqualTo(stored());
        Memory.assertSettlesWithin(FLAT, atBound);
    }

    @Test
    void producersThatPushWhateverIsGranted_areNotReadFrom() throws Exception {
        Memory before = Memory.now();
        List<PushyProducer> producers = IntStream.range(0, 8)
                .mapToObj(i -> PushyProducer.start(server.channel, ADAPTER + "/streams/s" + i))
                .toList();

        BooleanSupplier heldUp = () -> producers.stream().allMatch(PushyProducer::isHeldUp);
        // The transport is given time to become ready again.
        assertThat(Eventually.within(
                        PATIENCE,
                        () -> heldUp.getAsBoolean()
                                && !Eventually.within(Duration.ofMillis(500), () -> !heldUp.getAsBoolean())))
                .isTrue();

        Memory.assertSettlesWithin(BOUND, before);
        assertThat(producers)
                .allSatisfy(producer -> assertThat(producer.sentBytes()).isLessThan(4L * MIB));
        assertThat(server.log.room(ADAPTER)).isBetween(0L, LOG_BOUND / 2);
    }

    /** Another producer, which comes when the log is full, is told so; it stores at most what still fits. */
    private void pushAnotherStream(int number) throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        Disposable sending = sender().events(
                        ADAPTER + "/streams/other" + number,
                        next -> new NumberedExamples(next, Conversations.of(0, 1_000_000)))
                .subscribe(event -> {
                    if (event instanceof SendEvent.Throttled) {
                        told.countDown();
                    }
                });
        assertThat(told.await(1, TimeUnit.MINUTES)).isTrue();
        sending.dispose();
    }

    private ExampleSender sender() {
        return client.examples().withLimits(LIMITS);
    }

    private Flux<Example> endless() {
        return Flux.generate(sink -> {
            if (enough.get()) {
                sink.complete();
            } else {
                sink.next(Conversations.of((int) pulled.getAndIncrement()));
            }
        });
    }

    private void note(SendEvent event) {
        if (event instanceof SendEvent.Acked acked) {
            Ack ack = acked.ack();
            assertThat(acknowledged.getAndAdd(ack.count())).isEqualTo(ack.firstOffset());
        } else if (event instanceof SendEvent.Throttled) {
            throttled.countDown();
        }
    }

    private long stored() {
        return server.log.stream(STREAM).orElseThrow().nextOffset();
    }

    /** As a trainer does that has come to itself: settles what there is, again and again. */
    private boolean settlingUntil(BooleanSupplier done) {
        return Eventually.within(PATIENCE, () -> {
            if (server.log.room(ADAPTER) < LOG_BOUND / 2) {
                server.settleAll();
            }
            return done.getAsBoolean();
        });
    }
}
