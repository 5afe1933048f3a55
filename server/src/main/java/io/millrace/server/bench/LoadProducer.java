package io.millrace.server.bench;

import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.IngestServiceGrpc;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A producer that sends one append again and again, under ever new offsets, with as little work of its own as possible: it
 * shares the processor with the server that is measured.
 */
final class LoadProducer implements ClientResponseObserver<AppendExamplesRequest, AppendExamplesResponse> {
    /** Told of every acknowledgement. */
    interface Listener {
        /** @param nanos since the append was due */
        void acknowledged(int examples, long nanos);
    }

    private final Append append;
    private final Listener listener;
    private final Queue<Long> dueTimes = new ArrayDeque<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private long offset;
    private @Nullable ClientCallStreamObserver<AppendExamplesRequest> call;

    private LoadProducer(Append append, Listener listener) {
        this.append = append;
        this.listener = listener;
    }

    /** Opens a new stream and waits until it is. */
    static LoadProducer open(ManagedChannel channel, String stream, Append append, Listener listener) {
        LoadProducer producer = new LoadProducer(append, listener);
        var calls = IngestServiceGrpc.newStub(channel).appendExamples(producer);
        calls.onNext(AppendExamplesRequest.newBuilder()
                .setOpen(Open.newBuilder().setStream(stream))
                .build());
        producer.opened.join();
        return producer;
    }

    /** @param due when it should have been sent, as {@link System#nanoTime} tells */
    synchronized void send(long due) {
        if (call == null || ended.isDone()) {
            return;
        }
        dueTimes.add(due);
        call.onNext(AppendExamplesRequest.newBuilder()
                .setAppend(append.toBuilder().setOffset(offset))
                .build());
        offset += append.getExamplesCount();
    }

    /** Examples sent. */
    synchronized long sent() {
        return offset;
    }

    /** Sends no more, and waits until all is acknowledged. */
    void finish() {
        synchronized (this) {
            if (call != null && !ended.isDone()) {
                call.onCompleted();
            }
        }
        ended.join();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AppendExamplesRequest> starting) {
        call = starting;
    }

    @Override
    public void onNext(AppendExamplesResponse response) {
        switch (response.getMessageCase()) {
            case OPENED -> opened.complete(null);
            case APPENDED -> acknowledged((int) response.getAppended().getCount());
            case ERROR -> onError(new IllegalStateException("the load was refused: " + response.getError()));
            case THROTTLE, PROGRESS, DRAIN, MESSAGE_NOT_SET -> {
                // the load is to go on whatever else is told
            }
        }
    }

    private void acknowledged(int examples) {
        Long due;
        synchronized (this) {
            due = dueTimes.remove();
        }
        listener.acknowledged(examples, System.nanoTime() - due);
    }

    @Override
    public void onError(Throwable failure) {
        opened.completeExceptionally(failure);
        ended.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
        ended.complete(null);
    }
}
