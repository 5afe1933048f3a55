package io.millrace.server.checkpoint;

import io.millrace.server.grpc.Drain;
import io.millrace.trainer.checkpoint.RevisionEvent;
import io.millrace.v1.WatchCheckpointsResponse;
import io.millrace.v1.WatchCheckpointsResponse.Lagged;
import io.millrace.v1.WatchCheckpointsResponse.Progress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class CheckpointWatchTest {
    private static final Duration PERIOD = Duration.ofSeconds(15);
    private static final WatchCheckpointsResponse PROGRESS = WatchCheckpointsResponse.newBuilder()
            .setProgress(Progress.newBuilder().setRevision(4))
            .build();
    private static final WatchCheckpointsResponse LAGGED = WatchCheckpointsResponse.newBuilder()
            .setLagged(Lagged.newBuilder().setSkippedFrom(5).setResumedAt(7))
            .build();

    @Test
    void silence_isFilledWithProgress_andAnEventPutsItOff() {
        Sinks.Many<RevisionEvent> events = Sinks.many().unicast().onBackpressureBuffer();
        StepVerifier.withVirtualTime(() -> new CheckpointWatch(new Drain(), PERIOD, 4).responses(events.asFlux()))
                .thenAwait(PERIOD)
                .expectNext(PROGRESS)
                .then(() -> events.tryEmitNext(new RevisionEvent.Lagged(5, 7)))
                .expectNext(LAGGED)
                .expectNoEvent(PERIOD.multipliedBy(2).minusMillis(1))
                .thenAwait(Duration.ofMillis(1))
                .expectNext(PROGRESS)
                .thenCancel()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void watcherThatWantsNothing_holdsNothing() {
        Flux<RevisionEvent> endless = Flux.generate(sink -> sink.next(new RevisionEvent.Lagged(5, 7)));
        StepVerifier.withVirtualTime(() -> new CheckpointWatch(new Drain(), PERIOD, 4).responses(endless), 0)
                .thenAwait(Duration.ofHours(1))
                .thenRequest(2)
                .expectNext(LAGGED, LAGGED)
                .thenCancel()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void endOfTheEvents_endsTheWatch() {
        StepVerifier.withVirtualTime(() -> new CheckpointWatch(new Drain(), PERIOD, 4).responses(Flux.empty()))
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }
}
