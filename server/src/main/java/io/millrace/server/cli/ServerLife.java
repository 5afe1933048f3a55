package io.millrace.server.cli;

import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.TrainerServer;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.model.EngineExit;
import java.util.concurrent.CompletableFuture;

/** How a server's process ends: in good order when it is asked to stop, at once when the disk has failed. */
final class ServerLife {
    private final TrainerServer server;
    private final OutputOptions output;
    private final JsonEvents events;
    private final CompletableFuture<StorageException.Failed> diskFailure;
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    private ServerLife(TrainerServer server, OutputOptions output, JsonEvents events) {
        this.server = server;
        this.output = output;
        this.events = events;
        this.diskFailure = server.failure().toFuture();
    }

    /** From now on, the server is stopped when the process is asked to. */
    static ServerLife begin(TrainerServer server, OutputOptions output, JsonEvents events) {
        ServerLife life = new ServerLife(server, output, events);
        EngineExit.before(life::stop);
        return life;
    }

    /** Returns when the server was stopped. When the disk fails, the process ends here. */
    void awaitEnd() {
        CompletableFuture.anyOf(stopped, diskFailure).join();
        endIfDiskFailed();
    }

    private void stop() {
        try {
            output.note("Stopping …");
            server.close();
            endIfDiskFailed();
            output.note("Stopped; everything is committed.");
            events.event("finished").emit();
        } catch (RuntimeException e) {
            end("stopped in the middle of a step, which the next start repeats: " + e.getMessage(), ExitCode.INTERNAL);
        } finally {
            stopped.complete(null);
        }
    }

    private void endIfDiskFailed() {
        if (diskFailure.isDone()) {
            end(String.valueOf(diskFailure.join().getMessage()), ExitCode.INPUT_OUTPUT);
        }
    }

    /**
     * Leaving in the ordinary way would sync again what a failed sync left in doubt, or unload the engine under the running
     * step.
     */
    private synchronized void end(String reason, int status) {
        output.note("error: " + reason);
        events.event("failed").with("reason", reason).emit();
        Runtime.getRuntime().halt(status);
    }
}
