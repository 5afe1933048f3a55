package io.millrace.server.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesResponse;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.BeforeClass;
import org.testng.annotations.Test;
import reactor.core.publisher.Flux;

/** The requests of a real call, sent by a client that respects flow control, obey the Reactive Streams specification. */
@Test
public class RequestsTckTest extends PublisherVerification<AppendExamplesRequest> {
    private Conversation<Flux<AppendExamplesRequest>> conversation = open();

    public RequestsTckTest() {
        super(new TestEnvironment(2_000, 100));
    }

    private static Conversation<Flux<AppendExamplesRequest>> open() {
        return new Conversation<>((calls, responses) -> ReactiveCalls.converse(responses, requests -> {
            calls.add(requests);
            return Flux.never();
        }));
    }

    @BeforeClass
    public void start() {
        conversation.close();
        conversation = open();
    }

    @AfterClass
    public void stop() {
        conversation.close();
    }

    @Override
    public Publisher<AppendExamplesRequest> createPublisher(long elements) {
        var unused = conversation.stub().appendExamples(new Sender(elements));
        return conversation.take();
    }

    @Override
    public Publisher<AppendExamplesRequest> createFailedPublisher() {
        var requests = conversation.stub().appendExamples(new Sender(Long.MAX_VALUE));
        Flux<AppendExamplesRequest> publisher = conversation.take();
        requests.onError(new IllegalStateException("the client gave up"));
        return publisher;
    }

    /** Sends as many requests as it was told to, as fast as the server takes them. */
    private static final class Sender implements ClientResponseObserver<AppendExamplesRequest, AppendExamplesResponse> {
        private final AtomicLong left;

        Sender(long elements) {
            left = new AtomicLong(elements);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<AppendExamplesRequest> call) {
            call.setOnReadyHandler(() -> {
                while (call.isReady() && left.get() > 0) {
                    call.onNext(AppendExamplesRequest.getDefaultInstance());
                    left.decrementAndGet();
                }
                if (left.compareAndSet(0, -1)) {
                    call.onCompleted();
                }
            });
        }

        @Override
        public void onNext(AppendExamplesResponse response) {}

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {}
    }
}
