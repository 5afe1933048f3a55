package io.millrace.server.bench;

import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.client.MillraceClient;
import io.millrace.server.command.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A real {@code millrace serve} in a process of its own, with the connections to it; all is gone once it is closed. */
final class BenchServer implements AutoCloseable {
    private static final String TENANT = "tenants/bench/adapters/";

    private final TemporaryFolder folder;
    private final ServerProcess process;
    private final MillraceClient client;
    private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
    private final AtomicInteger adapters = new AtomicInteger();

    private BenchServer(TemporaryFolder folder, ServerProcess process) {
        this.folder = folder;
        this.process = process;
        this.client = MillraceClient.connect(process.address());
    }

    /**
     * @param program the class with {@code main}
     * @param model options that name the model
     */
    static BenchServer start(Class<?> program, List<String> model) throws IOException {
        TemporaryFolder folder = TemporaryFolder.create();
        try {
            return new BenchServer(
                    folder,
                    ServerProcess.start(
                            program,
                            model,
                            folder.path().resolve("data"),
                            folder.path().resolve("server.log")));
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    ServerProcess process() {
        return process;
    }

    TemporaryFolder folder() {
        return folder;
    }

    MillraceClient client() {
        return client;
    }

    /** A connection of its own. */
    ManagedChannel connect() {
        ManagedChannel channel = NettyChannelBuilder.forTarget(process.address(), InsecureChannelCredentials.create())
                .directExecutor()
                .build();
        channels.add(channel);
        return channel;
    }

    /** Creates an adapter; returns its name. */
    String create(String config) {
        String name = newName();
        client.adapters().create(name, config).block();
        return name;
    }

    /** Creates an adapter that isn't trained; returns its name. */
    String createPaused(String config) {
        return paused(create(config));
    }

    /** Creates an adapter that isn't trained and has a revision; returns its name. */
    String createPaused(Path peftFolder) {
        String name = newName();
        client.adapters().create(name, "", peftFolder).block();
        return paused(name);
    }

    private String newName() {
        return TENANT + "a" + adapters.incrementAndGet();
    }

    private String paused(String name) {
        client.adapters()
                .pause(name, "only what is around training is measured")
                .block();
        return name;
    }

    @Override
    public void close() throws IOException {
        channels.forEach(ManagedChannel::shutdownNow);
        client.close();
        try (folder) {
            process.close();
        }
    }
}
