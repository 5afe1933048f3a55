package io.millrace.client;

import io.grpc.SynchronizationContext;
import io.millrace.client.grpc.GrpcCalls;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.Grant;
import io.millrace.v1.IngestServiceGrpc;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Sinks;

/** One connection of a session. Its state is confined to the session's {@code serial}, where it also reports. */
final class AppendCall extends BaseSubscriber<AppendExamplesResponse> {
    /** What an append takes besides its examples: offset, tags and length prefixes. */
    private static final int APPEND_OVERHEAD = 24;

    private final SynchronizationContext serial;
    private final Listener listener;
    // Never holds more than the server grants, since no more is emitted.
    private final Sinks.Many<AppendExamplesRequest> requests =
            Sinks.many().unicast().onBackpressureBuffer();
    private final Queue<Unanswered> unanswered = new ArrayDeque<>();
    private Grant grant = Grant.getDefaultInstance();
    private long outstandingBytes;
    private boolean reading;
    private boolean open;
    private boolean draining;

    interface Listener {
        void onResponse(AppendCall call, AppendExamplesResponse response);

        /** Without a failure, the server ended the call in good order. */
        void onEnd(AppendCall call, @Nullable Throwable failure);
    }

    /** An append that was sent. */
    record Unanswered(long offset, int count, int bytes) {
        long end() {
            return offset + count;
        }
    }

    AppendCall(SynchronizationContext serial, Listener listener) {
        this.serial = serial;
        this.listener = listener;
    }

    void start(GrpcCalls calls, String stream, SendLimits limits) {
        calls.bidirectional(IngestServiceGrpc.getAppendExamplesMethod(), requests.asFlux())
                .subscribe(this);
        emit(AppendExamplesRequest.newBuilder()
                .setOpen(Open.newBuilder()
                        .setStream(stream)
                        .setMaxOutstandingExamples(limits.heldExamples())
                        .setMaxOutstandingBytes(limits.heldBytes()))
                .build());
    }

    void append(long offset, List<SendWindow.Held> examples) {
        Append.Builder append = Append.newBuilder().setOffset(offset);
        examples.forEach(held -> append.addExamples(held.encoded()));
        AppendExamplesRequest request =
                AppendExamplesRequest.newBuilder().setAppend(append).build();
        unanswered.add(new Unanswered(offset, examples.size(), request.getSerializedSize()));
        outstandingBytes += request.getSerializedSize();
        emit(request);
    }

    /** Reads the next response, if it is not being read already. */
    void readNext() {
        if (!reading) {
            reading = true;
            request(1);
        }
    }

    void opened(Grant first) {
        open = true;
        grant = first;
    }

    void granted(Grant next) {
        grant = next;
    }

    /** The server takes no more appends on this connection. */
    void drained() {
        draining = true;
    }

    /** The oldest append was refused. */
    Optional<Unanswered> refused() {
        Optional<Unanswered> head = Optional.ofNullable(unanswered.poll());
        head.ifPresent(append -> outstandingBytes -= append.bytes());
        return head;
    }

    /** Everything below this offset is acknowledged. */
    void acknowledged(long through) {
        for (Unanswered head = unanswered.peek(); head != null && head.end() <= through; head = unanswered.peek()) {
            outstandingBytes -= head.bytes();
            unanswered.remove();
        }
    }

    boolean takesAppends() {
        return open && !draining;
    }

    /** Nothing is sent and unanswered. */
    boolean isIdle() {
        return unanswered.isEmpty();
    }

    long grantedExamples(int outstanding) {
        return grant.getExamples() - outstanding;
    }

    /** What the examples of one more append may take, its own fields left out. */
    long grantedBytes() {
        return grant.getBytes() - outstandingBytes - APPEND_OVERHEAD;
    }

    /** Ends the call in good order; what the server still says is not listened to. */
    void finish() {
        requests.tryEmitComplete();
        request(Long.MAX_VALUE);
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        // Responses are asked for one by one.
    }

    @Override
    protected void hookOnNext(AppendExamplesResponse response) {
        serial.execute(() -> {
            reading = false;
            listener.onResponse(this, response);
        });
    }

    @Override
    protected void hookOnComplete() {
        serial.execute(() -> listener.onEnd(this, null));
    }

    @Override
    protected void hookOnError(Throwable failure) {
        serial.execute(() -> listener.onEnd(this, failure));
    }

    /** Fails only once the call has ended, which is reported on its own. */
    private void emit(AppendExamplesRequest request) {
        requests.tryEmitNext(request);
    }
}
