package io.millrace.client.grpc;

import com.google.protobuf.Int64Value;
import io.grpc.CallOptions;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;

@Test
public class RequestSubscriberTckTest extends SubscriberBlackboxVerification<Int64Value> {
    private final NumbersServer server = new NumbersServer();

    public RequestSubscriberTckTest() {
        super(new TestEnvironment(1000, 100));
    }

    @AfterClass
    public void stop() {
        server.close();
    }

    @Override
    public Subscriber<Int64Value> createSubscriber() {
        AtomicReference<RequestSubscriber<Int64Value>> subscriber = new AtomicReference<>();
        ClientCalls.asyncBidiStreamingCall(
                server.channel().newCall(Numbers.ECHO, CallOptions.DEFAULT),
                new ClientResponseObserver<Int64Value, Int64Value>() {
                    @Override
                    public void beforeStart(ClientCallStreamObserver<Int64Value> call) {
                        subscriber.set(new RequestSubscriber<>(call));
                    }

                    @Override
                    public void onNext(Int64Value value) {}

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onCompleted() {}
                });
        return Objects.requireNonNull(subscriber.get());
    }

    @Override
    public Int64Value createElement(int element) {
        return Numbers.number(element);
    }
}
