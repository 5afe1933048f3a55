package io.millrace.client.cli;

import io.millrace.client.MillraceClient;
import picocli.CommandLine.Option;

/** Which server a command talks to. */
final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:7070",
            description = "The server's address (default: ${DEFAULT-VALUE}).")
    private String address = "";

    MillraceClient connect(OutputOptions output) {
        try {
            return MillraceClient.connect(address);
        } catch (IllegalArgumentException e) {
            throw output.usage("--server: " + e.getMessage());
        }
    }
}
