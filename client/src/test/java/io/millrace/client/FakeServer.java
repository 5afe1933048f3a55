package io.millrace.client;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** An in-process gRPC server that can be killed and started again at the same address. */
public final class FakeServer implements AutoCloseable {
    private final String name = UUID.randomUUID().toString();
    private final List<BindableService> services;
    private final ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    private volatile Server server;

    public FakeServer(BindableService... services) {
        this.services = List.of(services);
        this.server = start();
    }

    public ManagedChannel channel() {
        return channel;
    }

    public void kill() {
        Server killed = server;
        killed.shutdownNow();
        try {
            if (!killed.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the server did not end");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public void restart() {
        kill();
        server = start();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }

    private Server start() {
        try {
            InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
            services.forEach(builder::addService);
            return builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
