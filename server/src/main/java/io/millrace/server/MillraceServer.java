package io.millrace.server;

import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.millrace.server.grpc.Drain;
import io.millrace.server.grpc.MessageLimit;
import io.millrace.v1.AdapterServiceGrpc;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens on the loopback interface, and shuts down without losing what it has taken. */
public final class MillraceServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MillraceServer.class);
    private static final int MIB = 1 << 20;
    private static final int MAX_MESSAGE_BYTES = 4 * MIB;
    /** A PEFT folder of 64 MiB in one request. */
    private static final int MAX_UPLOAD_BYTES = 65 * MIB;

    private static final int MAX_METADATA_BYTES = 16 << 10;
    private static final int MAX_CALLS_PER_CONNECTION = 1024;
    private static final int FLOW_CONTROL_WINDOW = MIB;

    private final ServerSettings settings;
    private final Drain drain;
    private final HealthStatusManager health = new HealthStatusManager();
    private final Server server;

    /**
     * Starts to listen; clients are served from then on.
     *
     * @param drain what the services watch to end their streams at shutdown
     * @throws IOException if the port can't be had
     */
    public static MillraceServer start(ServerSettings settings, Drain drain, List<? extends BindableService> services)
            throws IOException {
        return new MillraceServer(settings, drain, services);
    }

    private MillraceServer(ServerSettings settings, Drain drain, List<? extends BindableService> services)
            throws IOException {
        this.settings = settings;
        this.drain = drain;
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()),
                        InsecureServerCredentials.create())
                .executor(callThreads())
                .maxInboundMessageSize(MAX_UPLOAD_BYTES)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .maxRstFramesPerWindow(MAX_CALLS_PER_CONNECTION, 30)
                .flowControlWindow(FLOW_CONTROL_WINDOW)
                .keepAliveTime(settings.keepAlive().toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(settings.keepAliveTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .intercept(new MessageLimit(MAX_MESSAGE_BYTES, AdapterServiceGrpc.getCreateAdapterMethod()))
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance());
        for (BindableService service : services) {
            builder.addService(service);
            health.setStatus(service.bindService().getServiceDescriptor().getName(), ServingStatus.SERVING);
        }
        this.server = builder.build();
        server.start();
    }

    /** As many as there are processors, since calls don't block. Idle threads end, so that nobody has to end the pool. */
    private static Executor callThreads() {
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        ThreadPoolExecutor calls = new ThreadPoolExecutor(
                threads,
                threads,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("millrace-call", true));
        calls.allowCoreThreadTimeOut(true);
        return calls;
    }

    public int port() {
        return server.getPort();
    }

    /**
     * Takes no new calls, tells the streams to end, and waits for them; what is still open after the grace is cut off. Returns
     * when no call is left.
     */
    @Override
    public void close() {
        if (server.isShutdown()) {
            return;
        }
        health.enterTerminalState();
        drain.begin();
        server.shutdown();
        try {
            if (!server.awaitTermination(settings.grace().toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Some calls were still open after {}; they are cut off", settings.grace());
                server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
