package io.millrace.server.ingest;

import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A connection that passes through the test, which can make the client vanish: no byte, and no FIN, reaches the server. */
final class SilencedConnection implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final Socket server;
    private final ManagedChannel channel;
    private volatile boolean silent;

    SilencedConnection(int port) throws IOException {
        server = new Socket(InetAddress.getLoopbackAddress(), port);
        daemon(this::forward);
        channel = NettyChannelBuilder.forAddress(
                        "127.0.0.1", listener.getLocalPort(), InsecureChannelCredentials.create())
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    void silence() {
        silent = true;
    }

    private void forward() {
        try (Socket client = listener.accept()) {
            daemon(() -> copy(client, server));
            copy(server, client);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!silent) {
                    out.write(buffer, 0, read);
                }
            }
        } catch (IOException closed) {
            return; // either side has gone: nothing is left to forward
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "forwarding");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        channel.shutdownNow();
        server.close();
        listener.close();
    }
}
