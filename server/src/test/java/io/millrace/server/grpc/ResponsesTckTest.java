package io.millrace.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.AppendExamplesResponse;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;

/** The responses of a real call, read by a client without pause, obey the Reactive Streams specification. */
@Test
public class ResponsesTckTest extends SubscriberBlackboxVerification<AppendExamplesResponse> {
    private final Conversation<Responses<AppendExamplesResponse>> conversation =
            new Conversation<>((calls, responses) -> {
                var call = (ServerCallStreamObserver<AppendExamplesResponse>) responses;
                calls.add(new Responses<>(call));
                return new Requests<>(call);
            });

    public ResponsesTckTest() {
        super(new TestEnvironment(2_000, 100));
    }

    @AfterClass
    public void stop() {
        conversation.close();
    }

    @Override
    public Subscriber<AppendExamplesResponse> createSubscriber() {
        var unused = conversation.stub().appendExamples(new Reader());
        return conversation.take();
    }

    @Override
    public AppendExamplesResponse createElement(int element) {
        return AppendExamplesResponse.getDefaultInstance();
    }

    private static final class Reader implements StreamObserver<AppendExamplesResponse> {
        @Override
        public void onNext(AppendExamplesResponse response) {}

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {}
    }
}
