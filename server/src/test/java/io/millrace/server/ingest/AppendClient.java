package io.millrace.server.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.server.TestServer;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.AppendExamplesResponse;
import io.millrace.v1.AppendExamplesResponse.AppendError;
import io.millrace.v1.Example;
import io.millrace.v1.IngestServiceGrpc;
import io.millrace.v1.PlainText;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A producer that does as the test says, whatever the server grants. */
final class AppendClient implements ClientResponseObserver<AppendExamplesRequest, AppendExamplesResponse> {
    final CompletableFuture<Status> end = new CompletableFuture<>();
    final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final CompletableFuture<ClientCallStreamObserver<AppendExamplesRequest>> call = new CompletableFuture<>();
    private final BlockingQueue<AppendExamplesResponse> responses = new LinkedBlockingQueue<>();
    private final boolean reads;

    private AppendClient(boolean reads) {
        this.reads = reads;
    }

    static AppendClient on(Channel channel) {
        return start(channel, true);
    }

    /** A call that is open, to {@link TestServer#STREAM}. */
    static AppendClient opened(Channel channel) throws InterruptedException {
        AppendClient client = on(channel).open(TestServer.STREAM.toString());
        assertThat(client.next().hasOpened()).isTrue();
        return client;
    }

    /** It reads only what {@link #read} asks for. */
    static AppendClient thatReadsNothing(Channel channel) {
        return start(channel, false);
    }

    static Status.Code code(AppendError error) {
        return Status.fromCodeValue(error.getStatus().getCode()).getCode();
    }

    private static AppendClient start(Channel channel, boolean reads) {
        AppendClient client = new AppendClient(reads);
        var unused = IngestServiceGrpc.newStub(channel).appendExamples(client);
        return client;
    }

    AppendClient open(String stream) {
        return send(AppendExamplesRequest.newBuilder()
                .setOpen(Open.newBuilder().setStream(stream))
                .build());
    }

    AppendClient append(long offset, String... texts) {
        return append(offset, List.of(texts).stream().map(AppendClient::example).toList());
    }

    AppendClient append(long offset, List<Example> examples) {
        return send(AppendExamplesRequest.newBuilder()
                .setAppend(Append.newBuilder().setOffset(offset).addAllExamples(examples))
                .build());
    }

    AppendClient send(AppendExamplesRequest request) {
        call.join().onNext(request);
        return this;
    }

    void halfClose() {
        call.join().onCompleted();
    }

    void cancel() {
        call.join().cancel("the test gives up", null);
    }

    void read(int count) {
        call.join().request(count);
    }

    /** Whether the transport takes more requests; false once the server has stopped reading. */
    boolean isReady() {
        return call.join().isReady();
    }

    /** The next response, whatever it is. */
    AppendExamplesResponse next() throws InterruptedException {
        @Nullable AppendExamplesResponse response = responses.poll(10, TimeUnit.SECONDS);
        if (response == null) {
            throw new AssertionError("no response within 10 s; the call's end: " + end.getNow(Status.OK));
        }
        return response;
    }

    int unread() {
        return responses.size();
    }

    Status status() {
        return end.orTimeout(10, TimeUnit.SECONDS).join();
    }

    static Example example(String text) {
        return Example.newBuilder()
                .setText(PlainText.newBuilder().setText(text))
                .build();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AppendExamplesRequest> stream) {
        if (!reads) {
            stream.disableAutoRequestWithInitial(0);
        }
        call.complete(stream);
    }

    @Override
    public void onNext(AppendExamplesResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable cause) {
        failure.complete(cause);
        end.complete(Status.fromThrowable(cause));
    }

    @Override
    public void onCompleted() {
        end.complete(Status.OK);
    }
}
