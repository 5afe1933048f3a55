package io.millrace.server.scenario;

import io.millrace.server.TinyTrainer;
import java.io.IOException;
import java.nio.file.Path;

/** {@code millrace serve} with a tiny model, in a process of its own. */
record RunningServer(CommandProcess process, String address) implements AutoCloseable {
    /** @param port 0 picks a free one */
    static RunningServer start(Path data, int port, Path log) throws IOException {
        return ready(CommandProcess.start(log, arguments(data, port)));
    }

    /** On a disk that fails when the file {@code failed} appears. */
    static RunningServer startOnFailingDisk(Path data, Path failed, Path log) throws IOException {
        String[] serve = arguments(data, 0);
        String[] arguments = new String[serve.length + 1];
        arguments[0] = failed.toString();
        System.arraycopy(serve, 0, arguments, 1, serve.length);
        return ready(CommandProcess.start(FailingDisk.class, log, arguments));
    }

    private static String[] arguments(Path data, int port) {
        String model = TinyTrainer.reference().resolve("tiny-llama").toString();
        return new String[] {
            "serve", "--json", "--model", model, "--data", data.toString(), "--port", Integer.toString(port)
        };
    }

    private static RunningServer ready(CommandProcess process) throws IOException {
        return new RunningServer(process, process.await("ready").path("grpc").asText());
    }

    int port() {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    @Override
    public void close() {
        process.close();
    }
}
