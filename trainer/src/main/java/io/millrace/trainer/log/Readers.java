package io.millrace.trainer.log;

import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A few connections that only read; a read waits until one is free. */
final class Readers implements AutoCloseable {
    private final BlockingQueue<Session> free;
    private final int count;

    Readers(Connector connector, int count) throws SQLException {
        this.count = count;
        this.free = new ArrayBlockingQueue<>(count);
        for (int i = 0; i < count; i++) {
            free.add(new Session(connector.open()));
        }
    }

    <T> T read(Work<T> work) {
        Session session = take();
        try {
            return work.run(session);
        } catch (SQLException e) {
            throw StorageException.of("reading failed", e);
        } finally {
            free.add(session);
        }
    }

    private Session take() {
        try {
            return free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException.Closed();
        }
    }

    /** Waits for reads under way. */
    @Override
    public void close() throws SQLException {
        for (int i = 0; i < count; i++) {
            take().close();
        }
    }
}
