package io.millrace.trainer.log;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One caller's part of a group commit. Its future completes once the group is durable, on the writing thread. */
final class WriteUnit<T> {
    private final Work<T> work;
    private final Consumer<? super T> afterCommit;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private Runnable completion = () -> {};

    WriteUnit(Work<T> work, Consumer<? super T> afterCommit) {
        this.work = work;
        this.afterCommit = afterCommit;
    }

    CompletableFuture<T> done() {
        return done;
    }

    /**
     * Runs the work, which may be undone with its transaction and run again.
     *
     * @return whether it succeeded; if not, its traces are still there
     * @throws SQLException if the group can't go on
     */
    boolean run(Session session) throws SQLException {
        if (done.isCancelled()) {
            return true;
        }
        try {
            work(session);
            return true;
        } catch (SQLException e) {
            if (StorageException.concernsTheTransaction(e)) {
                throw e;
            }
            return false;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /**
     * Runs the work so that it can be undone alone.
     *
     * @throws SQLException if the group can't go on; what concerns this unit alone is kept for its caller
     */
    void runApart(Session session) throws SQLException {
        completion = () -> {};
        if (done.isCancelled()) {
            return;
        }
        session.update("SAVEPOINT unit");
        try {
            work(session);
        } catch (SQLException e) {
            if (StorageException.concernsTheTransaction(e)) {
                throw e;
            }
            undo(session, e);
        } catch (RuntimeException e) {
            undo(session, e);
        }
        session.update("RELEASE unit");
    }

    private void work(Session session) throws SQLException {
        T result = work.run(session);
        completion = () -> {
            afterCommit.accept(result);
            done.complete(result);
        };
    }

    private void undo(Session session, Exception cause) throws SQLException {
        session.update("ROLLBACK TO unit");
        completion = () -> done.completeExceptionally(cause);
    }

    void complete() {
        completion.run();
    }

    void fail(RuntimeException cause) {
        done.completeExceptionally(cause);
    }
}
