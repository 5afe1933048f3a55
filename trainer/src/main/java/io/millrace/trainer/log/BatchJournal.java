package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.sql.SQLException;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * What was decided when a batch was formed, durable before its step is taken: after a crash the same steps are taken again.
 */
public final class BatchJournal {
    /**
     * @param step the optimiser step that the batch is for
     * @param decisions a JSON value as text, the pipeline's own
     */
    public record Entry(long step, String decisions) {}

    private final DataDirectory directory;

    public BatchJournal(DataDirectory directory) {
        this.directory = directory;
    }

    /**
     * Adds an entry and completes when it is durable. A step may have several.
     *
     * <p>Fails with {@link AdapterGoneException}, or with a {@link StorageException}.
     */
    public Mono<Void> record(AdapterName adapter, long step, String decisions) {
        return directory
                .database()
                .write(session -> session.update(
                        "INSERT INTO batch_journal (adapter_id, step, decisions) VALUES (?, ?, ?)",
                        AdapterRows.requireId(session, adapter),
                        step,
                        decisions))
                .then();
    }

    /** The entries of all steps after this one, in the order in which they were recorded. Blocks shortly. */
    public List<Entry> after(AdapterName adapter, long step) {
        return directory
                .database()
                .read(session -> session.list(
                        """
                SELECT step, decisions FROM batch_journal JOIN adapter ON adapter.id = adapter_id
                WHERE tenant = ? AND name = ? AND step > ? ORDER BY batch_journal.id""",
                        row -> new Entry(row.getLong(1), row.getString(2)),
                        adapter.tenant(),
                        adapter.adapter(),
                        step));
    }

    /** Forgets the entries of steps up to this one, as part of a commit's transaction. */
    public static void forget(Session session, long adapterId, long step) throws SQLException {
        session.update("DELETE FROM batch_journal WHERE adapter_id = ? AND step <= ?", adapterId, step);
    }
}
