package io.millrace.server.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.client.Ack;
import io.millrace.client.Backoff;
import io.millrace.client.Checkpoint;
import io.millrace.client.MillraceClient;
import io.millrace.client.SendLimits;
import io.millrace.client.StartFrom;
import io.millrace.client.StreamStatus;
import io.millrace.server.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** A real server is killed again and again under a client that sends and watches, and started again on its data and port. */
class KilledServerTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final String STREAM = ADAPTER + "/streams/s";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Small appends and much of it in flight: there is always something to lose. */
    private static final SendLimits LIMITS = new SendLimits(4, 64 << 10, 64, 2 << 20);

    private static final int PORTION = 400;
    private static final int EXAMPLES = 4 * PORTION;

    @TempDir
    private Path directory;

    private final List<Ack> acks = new CopyOnWriteArrayList<>();
    private final List<Long> revisions = new CopyOnWriteArrayList<>();
    private final Sinks.Many<Integer> portions = Sinks.many().unicast().onBackpressureBuffer();
    private RunningServer server;
    private ManagedChannel channel;
    private MillraceClient client;

    @BeforeEach
    void start() throws IOException {
        server = RunningServer.start(directory.resolve("data"), 0, directory.resolve("server.log"));
        channel = NettyChannelBuilder.forTarget(server.address(), InsecureChannelCredentials.create())
                .build();
        Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofMillis(500), 1_000, () -> 0.5);
        client = MillraceClient.over(channel, backoff, Schedulers.parallel());
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        server.close();
    }

    @Test
    void fault17_fault18_fault19_killedServer_losesNothing_settlesEachExampleOnce_andPublishesWithoutGap()
            throws Exception {
        client.adapters()
                .create(
                        ADAPTER,
                        "{\"rank\": 4, \"learning_rate\": 0.003, \"flush_after_ms\": 20, \"commit_every_ms\": 100}")
                .block(PATIENCE);
        client.checkpoints()
                .watch(ADAPTER, StartFrom.earliest())
                .map(Checkpoint::revision)
                .subscribe(revisions::add);
        CompletableFuture<Void> sending = client.examples()
                .withLimits(LIMITS)
                .send(STREAM, portions.asFlux().concatMap(from -> Conversations.of(from, from + PORTION), 1))
                .doOnNext(acks::add)
                .then()
                .toFuture();

        send(0);
        await(() -> acknowledged() >= 100);
        send(1);
        killAndStartAgain(); // appends are under way, training has hardly begun
        await(() -> acknowledged() == 2 * PORTION && !revisions.isEmpty());
        send(2);
        await(() -> acknowledged() >= 2 * PORTION + 100);
        send(3);
        killAndStartAgain(); // appends, steps and commits are under way
        portions.tryEmitComplete();
        sending.get(1, TimeUnit.MINUTES);
        killAndStartAgain(); // all is acknowledged, but not settled

        StreamStatus status = client.examples().untilSettled(STREAM).blockLast(PATIENCE);
        assertThat(status).isNotNull();
        assertThat(status.durableThrough()).isEqualTo(EXAMPLES);
        assertThat(status.trainedThrough()).isEqualTo(EXAMPLES);
        assertThat(status.trained() + status.heldOut()).isEqualTo(EXAMPLES);
        assertThat(status.quarantined() + status.dropped()).isZero();
        await(() -> revisions.size() >= status.revision());
        assertThat(revisions)
                .isEqualTo(LongStream.rangeClosed(1, status.revision()).boxed().toList());
        server.process().terminate();
        assertThat(server.process().lastEvent().path("event").asText()).isEqualTo("finished");
        assertThat(LoggedTexts.of(directory.resolve("data"), STREAM)).isEqualTo(Conversations.texts(0, EXAMPLES));
    }

    /** Lets the client go on with so many examples more. */
    private void send(int portion) {
        portions.tryEmitNext(portion * PORTION);
    }

    private void killAndStartAgain() throws Exception {
        server.process().kill();
        server.process().exitStatus();
        long acknowledged = acknowledged();
        server = RunningServer.start(directory.resolve("data"), server.port(), directory.resolve("server.log"));

        StreamStatus status = client.examples().untilSettled(STREAM).blockFirst(PATIENCE);
        assertThat(status).isNotNull();
        assertThat(status.durableThrough()).isGreaterThanOrEqualTo(acknowledged);
    }

    /** Each example is acknowledged once, in order. */
    private long acknowledged() {
        long next = 0;
        for (Ack ack : acks) {
            assertThat(ack.firstOffset()).isEqualTo(next);
            next += ack.count();
        }
        return next;
    }

    private static void await(BooleanSupplier condition) {
        assertThat(Eventually.within(PATIENCE, condition)).isTrue();
    }
}
