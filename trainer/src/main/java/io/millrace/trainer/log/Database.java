package io.millrace.trainer.log;

import java.sql.SQLException;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The SQLite database of a data directory: one writing thread with group commit, and a few connections for reading.
 *
 * <p>Writes fail with a {@link StorageException}, or with what the unit itself threw: then the unit alone is undone.
 */
public final class Database implements AutoCloseable {
    static final int QUEUE = 4096;
    private static final int READERS = 4;
    private static final int WAITING_READS = 100_000;

    private final Writer writer;
    private final Readers readers;
    private final Scheduler reads = Schedulers.newBoundedElastic(READERS, WAITING_READS, "millrace-read", 60, true);

    Database(Connector writer, Connector reader, int queue) throws SQLException {
        this.writer = new Writer(writer, queue);
        try {
            this.readers = new Readers(reader, READERS);
        } catch (SQLException e) {
            this.writer.close();
            throw e;
        }
    }

    /**
     * Runs the work in a transaction that it may share with others, and completes after that is durable. Each subscription
     * writes once more; one that is cancelled before its turn doesn't write. Never blocks; completes on Reactor's parallel
     * scheduler. The work runs on the writing thread: it has to be short and to touch nothing but the session, and may be
     * undone and run again.
     */
    public <T> Mono<T> write(Work<T> work) {
        return write(work, result -> {});
    }

    /**
     * The same, with something to do on the writing thread right after the commit, before the next group: it must neither
     * block nor throw.
     */
    public <T> Mono<T> write(Work<T> work, Consumer<? super T> afterCommit) {
        return Mono.fromFuture(() -> writer.submit(work, afterCommit)).publishOn(Schedulers.parallel());
    }

    /**
     * Reads on the calling thread, which may have to wait for a connection. Every statement sees its own snapshot; keep
     * them short, since an open one keeps the write-ahead log from being reused.
     *
     * @throws StorageException.Failed if the database can't be read
     */
    public <T> T read(Work<T> work) {
        return readers.read(work);
    }

    /** Where blocking reads of the database and of files belong. */
    public Scheduler reads() {
        return reads;
    }

    /**
     * Emits when the disk has failed and nothing is written any more: the process should exit, without closing this, since that
     * would sync again. Emits on the thread that met the failure, before those who wait for their writes are told.
     */
    public Mono<StorageException.Failed> failure() {
        return Mono.fromFuture(writer::failure, true);
    }

    /** Refuses all writes from now on, because a file beside the database could not be made durable. */
    public void fence(StorageException.Failed cause) {
        writer.fence(cause);
    }

    /** Writes what waits and waits for reads under way. */
    @Override
    public void close() throws SQLException {
        writer.close();
        reads.dispose();
        readers.close();
    }
}
