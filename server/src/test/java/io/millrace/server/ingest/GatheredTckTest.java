package io.millrace.server.ingest;

import java.util.List;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.Test;
import reactor.core.publisher.Flux;

/** Gathered lists obey the Reactive Streams specification. */
@Test
public class GatheredTckTest extends PublisherVerification<List<Long>> {
    public GatheredTckTest() {
        super(new TestEnvironment(2_000, 100));
    }

    /** A bound of one item makes every item a list. */
    @Override
    public Publisher<List<Long>> createPublisher(long elements) {
        Flux<Long> items = Flux.generate(() -> 0L, (next, sink) -> {
            if (next == elements) {
                sink.complete();
            } else {
                sink.next(next);
            }
            return next + 1;
        });
        return new Gathered<>(items, item -> 1, () -> 1);
    }

    @Override
    public Publisher<List<Long>> createFailedPublisher() {
        return new Gathered<>(Flux.error(new IllegalStateException("the source failed")), item -> 1, () -> 1);
    }
}
