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

    /** @throws SQLException if the group can't go on; what concerns this unit alone is kept for its caller */
    void run(Session session) throws SQLException {
        if (done.isCancelled()) {
            return;
        }
        session.update("SAVEPOINT unit");
        try {
            T result = work.run(session);
            completion = () -> {
                afterCommit.accept(result);
                done.complete(result);
            };
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
