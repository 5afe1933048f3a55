package io.millrace.client.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;

/** {@link Numbers} in this process. */
final class NumbersServer implements AutoCloseable {
    final Numbers numbers = new Numbers();
    private final Server server;
    private final ManagedChannel channel;

    NumbersServer() {
        String name = UUID.randomUUID().toString();
        try {
            server = InProcessServerBuilder.forName(name)
                    .addService(numbers.service())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        channel = InProcessChannelBuilder.forName(name).build();
    }

    GrpcCalls calls() {
        return new GrpcCalls(channel);
    }

    ManagedChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
