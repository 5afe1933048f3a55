package io.millrace.trainer.log;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes. It takes whatever waits, runs it as one transaction, and answers after the commit: while one
 * group is being synced, the next one gathers. When a unit fails, the group is run once more, each unit so that it alone is
 * undone.
 */
final class Writer implements AutoCloseable {
    private static final int MOST_PER_GROUP = 1024;
    private static final WriteUnit<Boolean> LAST = new WriteUnit<>(session -> true, result -> {});

    private final Connector connector;
    private final BlockingQueue<WriteUnit<?>> queue;
    private final CompletableFuture<StorageException.Failed> failure = new CompletableFuture<>();
    private final AtomicReference<StorageException> refusal = new AtomicReference<>();
    private final Thread thread = new Thread(this::run, "millrace-writer");
    private Session session;

    Writer(Connector connector, int capacity) throws SQLException {
        this.connector = connector;
        this.queue = new ArrayBlockingQueue<>(capacity);
        this.session = new Session(connector.open());
        thread.setDaemon(true);
        thread.start();
    }

    /** Never blocks: the future fails at once when nothing can be taken. */
    synchronized <T> CompletableFuture<T> submit(Work<T> work, Consumer<? super T> afterCommit) {
        WriteUnit<T> unit = new WriteUnit<>(work, afterCommit);
        StorageException refused = refusal.get();
        if (refused != null) {
            unit.fail(refused);
        } else if (!queue.offer(unit)) {
            unit.fail(new StorageException.Busy(queue.size() + " writes are waiting"));
        }
        return unit.done();
    }

    /** Completes when the disk has failed. */
    CompletableFuture<StorageException.Failed> failure() {
        return failure;
    }

    /** Refuses every write from now on. */
    void fence(StorageException.Failed cause) {
        refusal.compareAndSet(null, cause);
        failure.complete(cause);
    }

    private void run() {
        List<WriteUnit<?>> group = new ArrayList<>();
        boolean last = false;
        while (!last) {
            try {
                group.add(queue.take());
                queue.drainTo(group, MOST_PER_GROUP - 1);
                last = group.remove(LAST);
                commit(group);
            } catch (InterruptedException | RuntimeException | Error e) {
                fence(new StorageException.Failed("the writing thread died", e));
                failAll(group);
            }
            group.clear();
        }
    }

    private void commit(List<WriteUnit<?>> group) {
        if (failure.isDone()) {
            failAll(group);
            return;
        }
        try {
            session.update("BEGIN IMMEDIATE");
            if (!runAll(group)) {
                session.update("ROLLBACK");
                session.update("BEGIN IMMEDIATE");
                for (WriteUnit<?> unit : group) {
                    unit.runApart(session);
                }
            }
            session.update("COMMIT");
        } catch (SQLException e) {
            recover(e, group);
            return;
        }
        group.forEach(WriteUnit::complete);
    }

    /** Without savepoints, for which SQLite copies what each unit changes into a file; units hardly ever fail. */
    private boolean runAll(List<WriteUnit<?>> group) throws SQLException {
        for (WriteUnit<?> unit : group) {
            if (!unit.run(session)) {
                return false;
            }
        }
        return true;
    }

    private void recover(SQLException cause, List<WriteUnit<?>> group) {
        StorageException reason = StorageException.of("writing failed", cause);
        if (!(reason instanceof StorageException.Failed)) {
            reason = reopened(reason);
        }
        if (reason instanceof StorageException.Failed failed) {
            fence(failed);
        }
        for (WriteUnit<?> unit : group) {
            unit.fail(reason);
        }
    }

    /** SQLite ends the transaction by itself in some of these cases; a new connection is in a known state in all. */
    private StorageException reopened(StorageException reason) {
        try {
            session.close();
            session = new Session(connector.open());
            return reason;
        } catch (SQLException e) {
            return new StorageException.Failed("the database can't be opened again after " + reason.getMessage(), e);
        }
    }

    private void failAll(List<WriteUnit<?>> group) {
        @Nullable StorageException reason = refusal.get();
        group.forEach(unit -> unit.fail(reason == null ? new StorageException.Closed() : reason));
    }

    /** Writes what waits, then stops. */
    @Override
    public void close() throws SQLException {
        synchronized (this) {
            if (refusal.get() instanceof StorageException.Closed) {
                return;
            }
            refusal.set(new StorageException.Closed());
        }
        try {
            queue.put(LAST);
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        session.close();
    }
}
