package io.millrace.trainer.log;

import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A few connections that only read; a read waits until one is free. */
final class Readers implements AutoCloseable {
    private final int count;
    // Empty once closed: who takes that puts it back for the next one.
    private final BlockingQueue<Optional<Session>> free;

    Readers(Connector connector, int count) throws SQLException {
        this.count = count;
        this.free = new ArrayBlockingQueue<>(count);
        for (int i = 0; i < count; i++) {
            free.add(Optional.of(new Session(connector.open())));
        }
    }

    <T> T read(Work<T> work) {
        Session session = take().orElseThrow(StorageException.Closed::new);
        try {
            return work.run(session);
        } catch (SQLException e) {
            throw StorageException.of("reading failed", e);
        } finally {
            free.add(Optional.of(session));
        }
    }

    private Optional<Session> take() {
        try {
            Optional<Session> taken = free.take();
            if (taken.isEmpty()) {
                free.add(taken);
            }
            return taken;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException.Closed();
        }
    }

    /** Waits for reads under way. */
    @Override
    public void close() throws SQLException {
        for (int i = 0; i < count; i++) {
            Optional<Session> session = take();
            if (session.isEmpty()) {
                return;
            }
            session.get().close();
        }
        free.add(Optional.empty());
    }
}
