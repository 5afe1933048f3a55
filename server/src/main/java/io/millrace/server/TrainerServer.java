package io.millrace.server;

import io.millrace.server.adapter.AdapterService;
import io.millrace.server.checkpoint.CheckpointService;
import io.millrace.server.grpc.Drain;
import io.millrace.server.ingest.IngestService;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.pipeline.OnlineTrainer;
import java.io.IOException;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A trainer with its API: calls end first, then training, so that all that was acknowledged is committed or in the log. */
public final class TrainerServer implements AutoCloseable {
    /** Threads on which calls read the stores and tokenise; more would only fight the training thread for the processor. */
    private static final int BLOCKING_THREADS = 4;

    private static final int WAITING_TASKS = 10_000;

    private final OnlineTrainer trainer;
    private final Scheduler blocking;
    private final MillraceServer server;

    private TrainerServer(OnlineTrainer trainer, Scheduler blocking, MillraceServer server) {
        this.trainer = trainer;
        this.blocking = blocking;
        this.server = server;
    }

    /**
     * Listens on the loopback interface. The trainer is closed with the server.
     *
     * @throws IOException if the port can't be had
     */
    public static TrainerServer start(OnlineTrainer trainer, ServerSettings settings) throws IOException {
        Scheduler blocking =
                Schedulers.newBoundedElastic(BLOCKING_THREADS, WAITING_TASKS, "millrace-blocking", 60, true);
        Drain drain = new Drain();
        MillraceServer server = MillraceServer.start(
                settings,
                drain,
                List.of(
                        new IngestService(trainer.log(), new TrainerFeed(trainer), blocking, drain, settings.drain()),
                        new CheckpointService(trainer.revisions(), trainer.artifacts(), blocking, drain),
                        new AdapterService(trainer, blocking)));
        return new TrainerServer(trainer, blocking, server);
    }

    public int port() {
        return server.port();
    }

    /** See {@link OnlineTrainer#failure}. */
    public Mono<StorageException.Failed> failure() {
        return trainer.failure();
    }

    @Override
    public void close() {
        try {
            server.close();
        } finally {
            trainer.close();
            blocking.dispose();
        }
    }
}
