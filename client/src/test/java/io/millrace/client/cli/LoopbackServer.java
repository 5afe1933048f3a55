package io.millrace.client.cli;

import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server on a port of this machine that can be killed and started again on the same port. */
final class LoopbackServer implements AutoCloseable {
    private final List<BindableService> services;
    private final int port;
    private volatile Server server;

    LoopbackServer(BindableService... services) {
        this.services = List.of(services);
        this.server = start(0);
        this.port = server.getPort();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    void restart() {
        server.shutdownNow();
        try {
            if (!server.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the server did not end");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        server = start(port);
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private Server start(int onPort) {
        try {
            ServerBuilder<?> builder = Grpc.newServerBuilderForPort(onPort, InsecureServerCredentials.create());
            services.forEach(builder::addService);
            return builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
