package io.millrace.server.scenario;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.server.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Calls on connections of their own whose responses nobody ever asks for. */
final class StalledCalls implements AutoCloseable {
    /** Bytes that the transport takes for a call before anybody asks for them; gRPC's own would grow to 8 MiB. */
    private static final int WINDOW = 64 << 10;

    private final List<ManagedChannel> connections = new ArrayList<>();

    StalledCalls(TestServer server, int connections) {
        for (int i = 0; i < connections; i++) {
            this.connections.add(
                    NettyChannelBuilder.forAddress("127.0.0.1", server.port(), InsecureChannelCredentials.create())
                            .flowControlWindow(WINDOW)
                            .build());
        }
    }

    /** The same call many times on each connection; returns when the server has begun to answer all of them. */
    <Q, R> void start(MethodDescriptor<Q, R> method, Q request, int perConnection) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(connections.size() * perConnection);
        for (ManagedChannel connection : connections) {
            for (int i = 0; i < perConnection; i++) {
                ClientCall<Q, R> call = connection.newCall(method, CallOptions.DEFAULT);
                call.start(
                        new ClientCall.Listener<>() {
                            @Override
                            public void onHeaders(Metadata headers) {
                                begun.countDown();
                            }
                        },
                        new Metadata());
                call.sendMessage(request);
                call.halfClose();
            }
        }
        if (!begun.await(1, TimeUnit.MINUTES)) {
            throw new AssertionError(begun.getCount() + " calls are not answered");
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (ManagedChannel connection : connections) {
            connection.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }
}
