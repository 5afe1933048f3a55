package io.millrace.trainer.log;

import io.millrace.trainer.example.StreamName;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/**
 * Writes into the log what a commit settled, as part of the commit's transaction. Settled examples are kept for replay,
 * evaluation and the comparison of resends, the newest up to a number of bytes per adapter, by whole segments.
 */
public final class Settler {
    /** 256 MiB. */
    public static final long DEFAULT_RETAINED_BYTES = 256L << 20;

    private final long retainedBytes;

    /** @param retainedBytes bytes of settled examples to keep per adapter, rounded up to a segment; 0: none */
    public Settler(long retainedBytes) {
        if (retainedBytes < 0) {
            throw new IllegalArgumentException("retainedBytes is %d; it must be 0 or more".formatted(retainedBytes));
        }
        this.retainedBytes = retainedBytes;
    }

    /**
     * @param droppableThrough examples after this seq are kept in any case
     * @throws IllegalArgumentException if it settles more of a stream than was appended, or an unknown stream
     */
    public void settle(Session session, long adapterId, Settlement settlement, long droppableThrough)
            throws SQLException {
        for (Map.Entry<StreamName, StreamProgress> stream : settlement.streams().entrySet()) {
            update(session, adapterId, stream.getKey(), stream.getValue());
        }
        session.update(
                "UPDATE adapter SET unsettled_bytes = ? WHERE id = ?",
                unsettledBytes(session, adapterId, settlement),
                adapterId);
        drop(session, adapterId, Math.min(settlement.throughSeq(), droppableThrough));
    }

    /** Makes the log say what an earlier commit settled, and nothing more. */
    public void restore(Session session, long adapterId, Settlement settlement) throws SQLException {
        session.update("""
                UPDATE stream SET trained_through = 0, trained = 0, held_out = 0, quarantined = 0, dropped = 0
                WHERE adapter_id = ?""", adapterId);
        settle(session, adapterId, settlement, 0);
    }

    private static void update(Session session, long adapterId, StreamName stream, StreamProgress progress)
            throws SQLException {
        int updated = session.update(
                """
                UPDATE stream SET trained_through = ?, trained = ?, held_out = ?, quarantined = ?, dropped = ?
                WHERE adapter_id = ? AND name = ? AND next_offset >= ?""",
                progress.trainedThrough(),
                progress.trained(),
                progress.heldOut(),
                progress.quarantined(),
                progress.dropped(),
                adapterId,
                stream.stream(),
                progress.settled());
        if (updated == 0) {
            throw new IllegalArgumentException("%d examples of %s are said to be settled; fewer were appended"
                    .formatted(progress.settled(), stream));
        }
    }

    private static long unsettledBytes(Session session, long adapterId, Settlement settlement) throws SQLException {
        long all = session.first(
                        "SELECT coalesce(sum(bytes), 0) FROM segment WHERE adapter_id = ? AND last_seq > ?",
                        row -> row.getLong(1),
                        adapterId,
                        settlement.throughSeq())
                .orElseThrow();
        return all - settledBytesAmongThem(session, adapterId, settlement);
    }

    /** Of the examples that are settled, but whose segment has others that aren't, or comes after such a one. */
    private static long settledBytesAmongThem(Session session, long adapterId, Settlement settlement)
            throws SQLException {
        Set<Long> beyond = Set.copyOf(settlement.beyond());
        long lastSettled = beyond.stream().reduce(settlement.throughSeq(), Math::max);
        long[] settled = {0};
        session.visit(
                "SELECT " + Segment.COLUMNS + " FROM segment WHERE adapter_id = ? AND last_seq > ? ORDER BY last_seq",
                row -> {
                    Segment segment = Segment.read(row);
                    for (long seq = segment.firstSeq(); seq <= Math.min(lastSettled, segment.lastSeq()); seq++) {
                        if (seq <= settlement.throughSeq() || beyond.contains(seq)) {
                            settled[0] += segment.encoding(seq).length;
                        }
                    }
                    return segment.lastSeq() < lastSettled;
                },
                adapterId,
                settlement.throughSeq());
        return settled[0];
    }

    private void drop(Session session, long adapterId, long throughSeq) throws SQLException {
        long excess = session.first(
                                "SELECT stored_bytes - unsettled_bytes FROM adapter WHERE id = ?",
                                row -> row.getLong(1),
                                adapterId)
                        .orElseThrow()
                - retainedBytes;
        if (excess <= 0) {
            return;
        }
        long[] dropped = {0, 0}; // bytes, and the last seq
        session.visit(
                "SELECT bytes, last_seq FROM segment WHERE adapter_id = ? AND last_seq <= ? ORDER BY last_seq",
                row -> {
                    dropped[0] += row.getLong(1);
                    dropped[1] = row.getLong(2);
                    return dropped[0] < excess;
                },
                adapterId,
                throughSeq);
        session.update("DELETE FROM segment WHERE adapter_id = ? AND last_seq <= ?", adapterId, dropped[1]);
        session.update("UPDATE adapter SET stored_bytes = stored_bytes - ? WHERE id = ?", dropped[0], adapterId);
    }
}
