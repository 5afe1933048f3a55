package io.millrace.client;

import io.grpc.Status.Code;
import io.grpc.SynchronizationContext;
import io.millrace.client.AppendCall.Unanswered;
import io.millrace.client.SendWindow.Held;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.AppendExamplesResponse.Appended;
import io.millrace.v1.AppendExamplesResponse.Opened;
import io.millrace.v1.AppendExamplesResponse.Progress;
import io.millrace.v1.AppendExamplesResponse.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.FluxSink;

/**
 * One subscription to a sender: a source's examples, over as many connections as it takes to have them acknowledged.
 *
 * <p>Whatever happens (an example, a response, demand, a timer) runs on {@code serial}, one after the other, and is
 * followed by {@link #advance}, which does all that has become possible. Responses are read only while the subscriber wants events: a
 * slow subscriber holds back the acknowledgements, with them the sending, and with that the source.
 */
final class AppendSession implements AppendCall.Listener {
    private final SynchronizationContext serial = new SynchronizationContext((thread, failure) -> fail(failure));
    private final Transport transport;
    private final SendLimits limits;
    private final String stream;
    private final LongFunction<NumberedExamples> examples;
    private final FluxSink<SendEvent> subscriber;
    private final SendEventQueue events;
    private final SendWindow window = new SendWindow();
    private final ExampleSource source = new ExampleSource(serial, this::onExample, this::advanceSoon);
    private final Disposable.Swap wait = Disposables.swap();
    private AppendCall call = new AppendCall(serial, this);
    private @Nullable Refused refused;
    private long storedThrough;
    private int failures;
    private boolean sourceStarted;
    private boolean paused;
    private boolean toldOfNoRoom;
    private boolean advancing;
    private boolean ended;

    /** An append that must be dealt with once those sent after it, which are refused too, are all answered. */
    private record Refused(Unanswered append, AppendError error) {}

    AppendSession(
            Transport transport,
            SendLimits limits,
            String stream,
            LongFunction<NumberedExamples> examples,
            FluxSink<SendEvent> subscriber) {
        this.transport = transport;
        this.limits = limits;
        this.stream = stream;
        this.examples = examples;
        this.subscriber = subscriber;
        this.events = new SendEventQueue(subscriber);
    }

    void start() {
        subscriber.onRequest(n -> serial.execute(this::advanceSoon));
        subscriber.onDispose(() -> serial.execute(this::release));
        serial.execute(this::connect);
    }

    private void connect() {
        if (ended) {
            return;
        }
        paused = false;
        refused = null;
        call = new AppendCall(serial, this);
        call.start(transport.calls(), stream, limits);
        advanceSoon();
    }

    /** After what has happened already: examples that come at once go into one append. */
    private void advanceSoon() {
        if (!advancing) {
            advancing = true;
            serial.executeLater(this::advance);
        }
    }

    private void advance() {
        advancing = false;
        if (ended) {
            return;
        }
        if (refused != null && call.isIdle()) {
            resendFrom(refused);
            if (ended) {
                return;
            }
        }
        events.deliver();
        takeExamples();
        sendAppends();
        tellIfThereIsNoRoom();
        if (events.wantsMore()) {
            call.readNext();
        }
        if (source.isDone() && window.isEmpty() && events.isEmpty()) {
            finish();
        }
    }

    /** Each example asked for may turn out to take the most that one can. */
    private void takeExamples() {
        long room = Math.min(
                limits.heldExamples() - window.size(),
                (limits.heldBytes() - window.bytes()) / ExampleEncoding.MAX_BYTES);
        long more = room - source.requested();
        if (sourceStarted && events.isEmpty() && more > 0) {
            source.take(more);
        }
    }

    private void sendAppends() {
        while (call.takesAppends() && refused == null && !paused) {
            int count = AppendSize.next(window, limits, call, storedThrough);
            if (count == 0) {
                return;
            }
            long offset = window.sendOffset();
            call.append(offset, window.send(count));
        }
    }

    /** A grant too small for the next example is a throttle that the server can't know of. */
    private void tellIfThereIsNoRoom() {
        boolean noRoom = call.takesAppends() && call.isIdle() && refused == null && !paused && window.unsentCount() > 0;
        if (noRoom && !toldOfNoRoom) {
            events.add(new SendEvent.Throttled(Duration.ZERO, "the adapter's log has no room for the next example"));
            events.deliver();
        }
        toldOfNoRoom = noRoom;
    }

    private void onExample(Example example) {
        if (ended) {
            return;
        }
        Held held = Held.of(example);
        int size = held.encoded().getSerializedSize();
        if (size > ExampleEncoding.MAX_BYTES) {
            events.add(new SendEvent.RowsRefused(List.of(new SendEvent.Refusal(
                    example, "", "takes %d bytes; the most is %d".formatted(size, ExampleEncoding.MAX_BYTES)))));
        } else {
            window.add(held);
        }
        advanceSoon();
    }

    @Override
    public void onResponse(AppendCall from, AppendExamplesResponse response) {
        if (ended || from != call) {
            return;
        }
        switch (response.getMessageCase()) {
            case OPENED -> onOpened(response.getOpened());
            case APPENDED -> onAppended(response.getAppended());
            case ERROR -> onError(response.getError());
            case PROGRESS -> onProgress(response.getProgress());
            case THROTTLE -> onThrottle(response.getThrottle());
            case DRAIN -> call.drained();
            case MESSAGE_NOT_SET -> {
                // News of a later version, which this one can do without.
            }
        }
        advanceSoon();
    }

    private void onOpened(Opened opened) {
        long nextOffset = opened.getNextOffset();
        if (!sourceStarted) {
            startSource(nextOffset);
        } else if (nextOffset < window.firstOffset()) {
            fail(StreamFault.lost(stream, nextOffset, window.firstOffset()));
            return;
        }
        if (window.isEmpty()) {
            failures = 0;
        }
        storedThrough = nextOffset;
        call.opened(opened.getGrant());
        if (opened.hasStream()) {
            events.add(new SendEvent.Progress(StreamStatus.of(opened.getStream())));
        }
    }

    private void startSource(long nextOffset) {
        NumberedExamples numbered = examples.apply(nextOffset);
        if (numbered.firstOffset() > nextOffset) {
            throw new IllegalArgumentException("firstOffset is %d; %s goes on at %d, and offsets have no gaps"
                    .formatted(numbered.firstOffset(), stream, nextOffset));
        }
        sourceStarted = true;
        window.startAt(numbered.firstOffset());
        numbered.examples().subscribe(source);
    }

    private void onAppended(Appended appended) {
        long through = appended.getFirstOffset() + appended.getCount();
        if (appended.getFirstOffset() > window.firstOffset() || through > window.sendOffset()) {
            fail(StreamFault.broken(
                    stream,
                    "acknowledged %d to %d; %d to %d were outstanding"
                            .formatted(appended.getFirstOffset(), through, window.firstOffset(), window.sendOffset())));
            return;
        }
        call.acknowledged(through);
        if (appended.hasGrant()) {
            call.granted(appended.getGrant());
        }
        long count = through - window.firstOffset();
        if (count > 0) {
            failures = 0;
            events.add(new SendEvent.Acked(new Ack(window.firstOffset(), count)));
            window.acknowledge(through);
        }
    }

    private void onProgress(Progress progress) {
        if (progress.hasGrant()) {
            call.granted(progress.getGrant());
        }
        events.add(new SendEvent.Progress(StreamStatus.of(progress.getStream())));
    }

    private void onThrottle(Throttle throttle) {
        Duration retryAfter = Duration.ofSeconds(
                throttle.getRetryAfter().getSeconds(), throttle.getRetryAfter().getNanos());
        pause(retryAfter, throttle.getReason());
    }

    private void pause(Duration duration, String reason) {
        paused = true;
        events.add(new SendEvent.Throttled(duration, reason));
        after(duration, () -> {
            paused = false;
            advanceSoon();
        });
    }

    private void onError(AppendError error) {
        Unanswered append = call.refused().orElse(null);
        if (append == null) {
            fail(StreamFault.broken(stream, "refused an append that was not sent"));
        } else if (refused == null) {
            refused = new Refused(append, error);
        }
    }

    private void resendFrom(Refused refusal) {
        AppendError error = refusal.error();
        refused = null;
        window.rewind();
        if (error.getRowErrorsCount() > 0) {
            leaveOut(refusal);
            return;
        }
        MillraceException reason = MillraceException.of(error.getStatus(), null);
        failures++;
        if (transport.backoff().isExhausted(failures)) {
            fail(reason);
        } else if (reason.code() == Code.RESOURCE_EXHAUSTED || reason.isInterruption()) {
            pause(transport.backoff().delay(failures), String.valueOf(reason.getMessage()));
        } else if (reason.code() != Code.OUT_OF_RANGE) {
            fail(reason);
        } else if (error.getOffset() < window.firstOffset()) {
            fail(StreamFault.lost(stream, error.getOffset(), window.firstOffset()));
        }
    }

    private void leaveOut(Refused refusal) {
        List<SendEvent.Refusal> refusals = RowRefusals.leaveOut(
                window, refusal.append().offset(), refusal.error().getRowErrorsList());
        if (refusals.isEmpty()) {
            fail(StreamFault.broken(stream, "refused rows that the append does not have"));
        } else {
            events.add(new SendEvent.RowsRefused(refusals));
        }
    }

    @Override
    public void onEnd(AppendCall from, @Nullable Throwable failure) {
        if (ended || from != call) {
            return;
        }
        MillraceException reason = failure == null
                ? MillraceException.of(Code.UNAVAILABLE, "the server ended the call")
                : MillraceException.of(failure);
        failures++;
        if (!reason.isInterruption() || transport.backoff().isExhausted(failures)) {
            fail(reason);
            return;
        }
        call.drained();
        window.rewind();
        Duration delay = transport.backoff().delay(failures);
        events.add(new SendEvent.Reconnecting(delay, String.valueOf(reason.getMessage())));
        after(delay, () -> {
            transport.reconnectNow().run();
            connect();
        });
        advanceSoon();
    }

    private void after(Duration delay, Runnable task) {
        wait.update(transport.timer().schedule(() -> serial.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS));
    }

    private void finish() {
        ended = true;
        wait.dispose();
        call.finish();
        source.failure().ifPresentOrElse(subscriber::error, subscriber::complete);
    }

    private void fail(Throwable failure) {
        if (!ended) {
            release();
            subscriber.error(failure);
        }
    }

    private void release() {
        if (!ended) {
            ended = true;
            wait.dispose();
            source.dispose();
            call.dispose();
        }
    }
}
