package io.millrace.client;

import io.grpc.SynchronizationContext;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Takes examples from a publisher, as many as asked for. Its state is confined to {@code serial}, where it also reports. */
final class ExampleSource extends BaseSubscriber<Example> {
    private final SynchronizationContext serial;
    private final Consumer<Example> onExample;
    private final Runnable onEnd;
    private long requested;
    private boolean done;
    private @Nullable Throwable failure;

    ExampleSource(SynchronizationContext serial, Consumer<Example> onExample, Runnable onEnd) {
        this.serial = serial;
        this.onExample = onExample;
        this.onEnd = onEnd;
    }

    /** Asks for more. */
    void take(long count) {
        requested += count;
        request(count);
    }

    /** Asked for and not received yet. */
    long requested() {
        return requested;
    }

    /** All of them were received. */
    boolean isDone() {
        return done;
    }

    /** Why the source ended early, if it did. */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        // Examples are asked for as there is room.
    }

    @Override
    protected void hookOnNext(Example example) {
        serial.execute(() -> {
            requested--;
            onExample.accept(example);
        });
    }

    @Override
    protected void hookOnComplete() {
        serial.execute(() -> {
            done = true;
            onEnd.run();
        });
    }

    @Override
    protected void hookOnError(Throwable sourceFailure) {
        serial.execute(() -> {
            done = true;
            failure = sourceFailure;
            onEnd.run();
        });
    }
}
