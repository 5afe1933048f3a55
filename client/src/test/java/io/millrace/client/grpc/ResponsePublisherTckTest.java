package io.millrace.client.grpc;

import com.google.protobuf.Int64Value;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;

@Test
public class ResponsePublisherTckTest extends PublisherVerification<Int64Value> {
    private final NumbersServer server = new NumbersServer();

    public ResponsePublisherTckTest() {
        super(new TestEnvironment(1000, 100), 1000);
    }

    @AfterClass
    public void stop() {
        server.close();
    }

    @Override
    public Publisher<Int64Value> createPublisher(long elements) {
        return server.calls().serverStream(Numbers.COUNT, Numbers.number(elements));
    }

    @Override
    public Publisher<Int64Value> createFailedPublisher() {
        return server.calls().serverStream(Numbers.COUNT, Numbers.number(-1));
    }
}
