package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.client.WatchEvent.Reconnecting;
import io.millrace.client.WatchEvent.Skipped;
import io.millrace.v1.WatchCheckpointsRequest.Start;
import io.millrace.v1.WatchCheckpointsResponse;
import io.millrace.v1.WatchCheckpointsResponse.Compacted;
import io.millrace.v1.WatchCheckpointsResponse.Drain;
import io.millrace.v1.WatchCheckpointsResponse.Lagged;
import io.millrace.v1.WatchCheckpointsResponse.Progress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class CheckpointWatcherTest {
    private static final String ADAPTER = "tenants/t/adapters/a";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FakeCheckpoints service = new FakeCheckpoints();
    private final FakeServer server = new FakeServer(service);
    private final InstantTimer timer = new InstantTimer();
    private final CheckpointWatcher watcher = MillraceClient.over(
                    server.channel(), new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1), 3, () -> 0.5), timer)
            .checkpoints();

    @AfterEach
    void stop() {
        server.close();
    }

    private Flux<Long> revisions(StartFrom from) {
        return watcher.watch(ADAPTER, from).map(Checkpoint::revision);
    }

    @Test
    void start_isAskedForAsGiven() {
        revisions(StartFrom.latest()).takeUntilOther(untilWatched(1)).blockLast(PATIENCE);
        revisions(StartFrom.earliest()).takeUntilOther(untilWatched(2)).blockLast(PATIENCE);
        revisions(StartFrom.revision(7)).takeUntilOther(untilWatched(3)).blockLast(PATIENCE);

        assertThat(service.watches.get(0).getFrom()).isEqualTo(Start.START_LATEST);
        assertThat(service.watches.get(1).getFrom()).isEqualTo(Start.START_EARLIEST);
        assertThat(service.watches.get(2).getRevision()).isEqualTo(7);
    }

    private Flux<Long> untilWatched(int calls) {
        return Flux.interval(Duration.ofMillis(5))
                .filter(tick -> service.watches.size() >= calls)
                .take(1);
    }

    @Test
    void brokenConnection_goesOnAfterTheLastRevisionWithoutDuplicates() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(3)));
            responses.onNext(FakeCheckpoints.event(service.revision(4)));
            responses.onError(Status.UNAVAILABLE.asRuntimeException());
        });
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(4)));
            responses.onNext(FakeCheckpoints.event(service.revision(5)));
        });

        StepVerifier.create(revisions(StartFrom.latest()).take(3))
                .expectNext(3L, 4L, 5L)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(service.watches.get(1).getRevision()).isEqualTo(5);
        assertThat(timer.waits()).containsExactly(Duration.ofMillis(75));
    }

    @Test
    void killedServer_isReconnectedTo() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(1)));
            timer.during(server::restart);
            new Thread(server::kill).start();
        });
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(Math.max(1, request.getRevision()))));
            responses.onNext(FakeCheckpoints.event(service.revision(2)));
        });

        StepVerifier.create(revisions(StartFrom.earliest()).take(2))
                .expectNext(1L, 2L)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void drain_reconnectsAfterTheRevisionsThatWereSaidToBeSent() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(WatchCheckpointsResponse.newBuilder()
                    .setProgress(Progress.newBuilder().setRevision(8))
                    .build());
            responses.onNext(WatchCheckpointsResponse.newBuilder()
                    .setDrain(Drain.getDefaultInstance())
                    .build());
            responses.onCompleted();
        });
        service.watchScript.add((request, responses) -> responses.onNext(FakeCheckpoints.event(service.revision(9))));

        StepVerifier.create(watcher.events(ADAPTER, StartFrom.latest()).take(2))
                .expectNextMatches(Reconnecting.class::isInstance)
                .expectNextMatches(event -> event instanceof WatchEvent.Published published
                        && published.checkpoint().revision() == 9)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(service.watches.get(1).getRevision()).isEqualTo(9);
    }

    @Test
    void compacted_goesOnAtTheFloorAndSaysWhatIsSkipped() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(WatchCheckpointsResponse.newBuilder()
                    .setCompacted(Compacted.newBuilder().setFloor(5).setLatest(9))
                    .build());
            responses.onCompleted();
        });
        service.watchScript.add((request, responses) -> responses.onNext(FakeCheckpoints.event(service.revision(5))));

        StepVerifier.create(watcher.events(ADAPTER, StartFrom.revision(2)).take(2))
                .expectNext(new Skipped(2, 4))
                .expectNextMatches(WatchEvent.Published.class::isInstance)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(service.watches.get(1).getRevision()).isEqualTo(5);
        assertThat(timer.waits()).as("no failure, so no wait").isEmpty();
    }

    @Test
    void lagged_saysWhatIsSkippedAndGoesOn() {
        service.watchScript.add((request, responses) -> {
            responses.onNext(FakeCheckpoints.event(service.revision(1)));
            responses.onNext(WatchCheckpointsResponse.newBuilder()
                    .setLagged(Lagged.newBuilder().setSkippedFrom(2).setResumedAt(6))
                    .build());
            responses.onNext(FakeCheckpoints.event(service.revision(6)));
        });

        StepVerifier.create(
                        watcher.events(ADAPTER, StartFrom.earliest()).skip(1).take(2))
                .expectNext(new Skipped(2, 5))
                .expectNextMatches(WatchEvent.Published.class::isInstance)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void startBeyondTheNewest_isRefusedWithoutRetry() {
        service.watchScript.add((request, responses) -> responses.onError(
                Status.FAILED_PRECONDITION.withDescription("newest is 3").asRuntimeException()));

        StepVerifier.create(revisions(StartFrom.revision(99)))
                .expectErrorMessage("FAILED_PRECONDITION: newest is 3")
                .verify(PATIENCE);
        assertThat(timer.waits()).isEmpty();
    }

    @Test
    void serverThatStaysAway_isGivenUp() {
        server.kill();

        StepVerifier.create(revisions(StartFrom.latest()))
                .expectErrorSatisfies(failure -> assertThat(failure).hasMessageStartingWith("UNAVAILABLE"))
                .verify(PATIENCE);
        assertThat(timer.waits()).hasSize(3);
    }

    @Test
    void slowSubscriber_readsNoMoreThanItAskedFor() {
        AtomicInteger sent = new AtomicInteger();
        service.watchScript.add((request, responses) -> {
            for (int revision = 1; revision <= 3; revision++) {
                responses.onNext(FakeCheckpoints.event(service.revision(revision)));
                sent.incrementAndGet();
            }
        });

        StepVerifier.create(revisions(StartFrom.earliest()), 0)
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(2)
                .expectNext(1L, 2L)
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(1)
                .expectNext(3L)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(sent).hasValue(3);
    }

    @Test
    void cancellation_releasesTheCall() throws InterruptedException {
        service.watchScript.add((request, responses) -> responses.onNext(FakeCheckpoints.event(service.revision(1))));

        revisions(StartFrom.latest()).blockFirst(PATIENCE);

        assertThat(service.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
