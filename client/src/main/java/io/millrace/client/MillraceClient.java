package io.millrace.client;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.millrace.client.grpc.GrpcCalls;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A client of a Millrace server: sends training examples, watches for better checkpoints, and looks after adapters. It is
 * safe for use by many threads; one per process is enough.
 */
public final class MillraceClient implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\s:/]+):\\d{1,5}");
    private static final long KEEPALIVE_SECONDS = 30;
    private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;
    private static final long CLOSE_SECONDS = 2;

    private final Transport transport;
    private final Runnable close;

    private MillraceClient(Transport transport, Runnable close) {
        this.transport = transport;
        this.close = close;
    }

    /**
     * A client without encryption, for a server on this machine. No connection is made before it is needed.
     *
     * @param address {@code host:port}, such as {@code 127.0.0.1:7070}
     */
    public static MillraceClient connect(String address) {
        if (!ADDRESS.matcher(address).matches()) {
            throw new IllegalArgumentException(
                    "address is \"%s\"; expected host:port, such as 127.0.0.1:7070".formatted(address));
        }
        ManagedChannel channel = ManagedChannelBuilder.forTarget(address)
                .usePlaintext()
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .build();
        return new MillraceClient(
                transport(channel, Backoff.standard(), Schedulers.parallel()), () -> shutDown(channel));
    }

    /** A client on a channel that the caller owns and closes. */
    public static MillraceClient over(Channel channel) {
        return over(channel, Backoff.standard(), Schedulers.parallel());
    }

    /**
     * A client on a channel that the caller owns and closes.
     *
     * @param backoff how to try again after a broken connection
     * @param timer where waits are counted
     */
    public static MillraceClient over(Channel channel, Backoff backoff, Scheduler timer) {
        return new MillraceClient(transport(channel, backoff, timer), () -> {});
    }

    /** Sends examples. */
    public ExampleSender examples() {
        return new ExampleSender(transport, SendLimits.standard());
    }

    /** Watches and downloads checkpoints. */
    public CheckpointWatcher checkpoints() {
        return new CheckpointWatcher(transport);
    }

    /** Creates and looks after adapters. */
    public AdapterClient adapters() {
        return new AdapterClient(transport.calls());
    }

    /** Ends the connection and what still runs on it, unless the channel is the caller's. */
    @Override
    public void close() {
        close.run();
    }

    private static Transport transport(Channel channel, Backoff backoff, Scheduler timer) {
        Runnable reconnectNow = channel instanceof ManagedChannel managed ? managed::resetConnectBackoff : () -> {};
        return new Transport(new GrpcCalls(channel), reconnectNow, backoff, timer);
    }

    private static void shutDown(ManagedChannel channel) {
        channel.shutdown();
        try {
            if (!channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                channel.shutdownNow();
            }
        } catch (InterruptedException e) {
            channel.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
