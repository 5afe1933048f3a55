package io.millrace.server.checkpoint;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.WatchCheckpointsRequest;
import io.millrace.v1.WatchCheckpointsResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A watcher that reads one response when the test asks for one. */
final class WatchClient implements ClientResponseObserver<WatchCheckpointsRequest, WatchCheckpointsResponse> {
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final CompletableFuture<ClientCallStreamObserver<WatchCheckpointsRequest>> call = new CompletableFuture<>();
    private final BlockingQueue<WatchCheckpointsResponse> responses = new LinkedBlockingQueue<>();

    static WatchClient watch(Channel channel, WatchCheckpointsRequest request) {
        WatchClient client = new WatchClient();
        CheckpointServiceGrpc.newStub(channel).watchCheckpoints(request, client);
        return client;
    }

    WatchCheckpointsResponse next() throws InterruptedException {
        call.join().request(1);
        @Nullable WatchCheckpointsResponse response = responses.poll(10, TimeUnit.SECONDS);
        if (response == null) {
            throw new AssertionError("no response within 10 s; the call's end: " + end.getNow(Status.OK));
        }
        return response;
    }

    long nextRevision() throws InterruptedException {
        WatchCheckpointsResponse response = next();
        if (!response.hasCheckpoint()) {
            throw new AssertionError("expected a checkpoint, got " + response);
        }
        return response.getCheckpoint().getRevision();
    }

    Status status() {
        call.join().request(1);
        return end.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchCheckpointsRequest> stream) {
        stream.disableAutoRequestWithInitial(0);
        call.complete(stream);
    }

    @Override
    public void onNext(WatchCheckpointsResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable cause) {
        end.complete(Status.fromThrowable(cause));
    }

    @Override
    public void onCompleted() {
        end.complete(Status.OK);
    }
}
