package io.millrace.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.CheckpointServiceGrpc;
import io.millrace.v1.ReadArtifactRequest;
import io.millrace.v1.ReadArtifactResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Server streaming over a real connection. */
class ReactiveCallsTest {
    private static final ReadArtifactResponse CHUNK = ReadArtifactResponse.newBuilder()
            .setData(ByteString.copyFrom(new byte[64 << 10]))
            .build();

    private CompletableFuture<Server> server = new CompletableFuture<>();
    private CompletableFuture<ManagedChannel> channel = new CompletableFuture<>();

    private CheckpointServiceGrpc.CheckpointServiceStub serve(Publisher<ReadArtifactResponse> responses)
            throws Exception {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server.complete(NettyServerBuilder.forAddress(loopback, InsecureServerCredentials.create())
                .addService(new CheckpointServiceGrpc.CheckpointServiceImplBase() {
                    @Override
                    public void readArtifact(
                            ReadArtifactRequest request, StreamObserver<ReadArtifactResponse> observer) {
                        ReactiveCalls.respond(observer, responses);
                    }
                })
                .build()
                .start());
        channel.complete(NettyChannelBuilder.forAddress(
                        "127.0.0.1", server.join().getPort(), InsecureChannelCredentials.create())
                .build());
        return CheckpointServiceGrpc.newStub(channel.join());
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.join().shutdownNow();
        server.join().shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    @Test
    void clientThatReadsNothing_stopsThePublisher_andReadingStartsItAgain() throws Exception {
        AtomicLong published = new AtomicLong();
        int chunks = 400;
        Reader reader = new Reader();
        serve(Flux.range(0, chunks).map(i -> CHUNK).doOnNext(chunk -> published.incrementAndGet()))
                .readArtifact(ReadArtifactRequest.getDefaultInstance(), reader);

        reader.request(1);
        reader.awaitMessages(1);
        // A connection's window is 1 MiB: far below the 25 MiB that wait to be sent.
        assertThat(published).hasValueLessThan(chunks / 4);

        reader.request(chunks);
        reader.awaitMessages(chunks);
        reader.end.get(10, TimeUnit.SECONDS);
        assertThat(published).hasValue(chunks);
    }

    @Test
    void clientCancels_publisherIsCancelled() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        Reader reader = new Reader();
        serve(Flux.concat(Flux.just(CHUNK), Flux.<ReadArtifactResponse>never()).doOnCancel(cancelled::countDown))
                .readArtifact(ReadArtifactRequest.getDefaultInstance(), reader);
        reader.request(1);
        reader.awaitMessages(1);

        reader.call.join().cancel("enough", null);

        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void publisherFails_clientSeesItsStatus() throws Exception {
        Reader reader = new Reader();
        serve(Flux.error(Failures.failure(Code.NOT_FOUND, "NO_SUCH_ARTIFACT", "there is none")))
                .readArtifact(ReadArtifactRequest.getDefaultInstance(), reader);

        assertThat(reader.end)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(StatusRuntimeException.class)
                .withMessageContaining("NOT_FOUND: there is none");
    }

    @Test
    void publisherFailsUnexpectedly_clientSeesInternalWithoutDetails() throws Exception {
        Reader reader = new Reader();
        serve(Flux.error(new IllegalStateException("secret")))
                .readArtifact(ReadArtifactRequest.getDefaultInstance(), reader);

        assertThat(reader.end)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withMessageContaining("INTERNAL")
                .withMessageNotContaining("secret");
    }

    /** Reads as many messages as it is told to. */
    private static final class Reader implements ClientResponseObserver<ReadArtifactRequest, ReadArtifactResponse> {
        final CompletableFuture<ClientCallStreamObserver<ReadArtifactRequest>> call = new CompletableFuture<>();
        final CompletableFuture<Void> end = new CompletableFuture<>();
        private final AtomicLong received = new AtomicLong();

        @Override
        public void beforeStart(ClientCallStreamObserver<ReadArtifactRequest> stream) {
            stream.disableAutoRequestWithInitial(0);
            call.complete(stream);
        }

        void request(int messages) {
            call.join().request(messages);
        }

        synchronized void awaitMessages(long count) throws InterruptedException {
            while (received.get() < count) {
                wait(10_000);
            }
        }

        @Override
        public synchronized void onNext(ReadArtifactResponse response) {
            received.incrementAndGet();
            notifyAll();
        }

        @Override
        public void onError(Throwable cause) {
            end.completeExceptionally(cause);
        }

        @Override
        public void onCompleted() {
            end.complete(null);
        }
    }
}
