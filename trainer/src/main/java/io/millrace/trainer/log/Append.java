package io.millrace.trainer.log;

import io.millrace.trainer.example.EncodedExample;
import io.millrace.trainer.example.StreamName;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * An append as a unit of a transaction.
 *
 * @param bound on the adapter's unsettled bytes
 */
record Append(StreamName stream, long offset, List<EncodedExample> examples, long bound)
        implements Work<AppendOutcome> {
    private record Target(long adapterId, long unsettledBytes, long streamId, long nextOffset) {}

    @Override
    public AppendOutcome run(Session session) throws SQLException {
        if (offset < 0) {
            return new AppendOutcome.InvalidOffset(offset);
        }
        Optional<Target> found = target(session);
        if (found.isEmpty()) {
            return new AppendOutcome.UnknownAdapter(stream.adapter());
        }
        Target target = found.get();
        if (offset > target.nextOffset()) {
            return new AppendOutcome.Gap(target.nextOffset());
        }
        int present = (int) Math.min(examples.size(), target.nextOffset() - offset);
        Optional<Long> conflict = conflict(session, target, present);
        if (conflict.isPresent()) {
            return new AppendOutcome.Conflict(conflict.get());
        }
        if (present == examples.size()) {
            return new AppendOutcome.Duplicate(offset, present, target.nextOffset(), bound - target.unsettledBytes());
        }
        return appendFrom(present, session, target);
    }

    private Optional<Target> target(Session session) throws SQLException {
        return session.first(
                """
                SELECT adapter.id, unsettled_bytes, stream.id, next_offset FROM adapter
                LEFT JOIN stream ON stream.adapter_id = adapter.id AND stream.name = ?
                WHERE adapter.tenant = ? AND adapter.name = ?""",
                row -> new Target(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                stream.stream(),
                stream.adapter().tenant(),
                stream.adapter().adapter());
    }

    /** The first of the offsets already given at which another example is stored. */
    private Optional<Long> conflict(Session session, Target target, int present) throws SQLException {
        if (present == 0) {
            return Optional.empty();
        }
        long end = offset + present;
        long[] conflict = {-1};
        session.visit(
                "SELECT " + Segment.COLUMNS
                        + " FROM segment WHERE stream_id = ? AND last_offset >= ? ORDER BY last_offset",
                row -> {
                    Segment stored = Segment.read(row);
                    long last = Math.min(end - 1, stored.lastOffset());
                    conflict[0] = LongStream.rangeClosed(Math.max(offset, stored.firstOffset()), last)
                            .filter(at -> !isSame(stored, at))
                            .findFirst()
                            .orElse(-1);
                    return conflict[0] < 0 && last + 1 < end;
                },
                target.streamId(),
                offset);
        return conflict[0] < 0 ? Optional.empty() : Optional.of(conflict[0]);
    }

    private boolean isSame(Segment stored, long at) {
        byte[] there = stored.encodings().get((int) (at - stored.firstOffset()));
        return Arrays.equals(there, examples.get((int) (at - offset)).bytes());
    }

    private AppendOutcome appendFrom(int present, Session session, Target target) throws SQLException {
        List<EncodedExample> fresh = examples.subList(present, examples.size());
        long bytes = fresh.stream().mapToLong(EncodedExample::size).sum();
        // An append larger than the bound could otherwise never be taken.
        if (target.unsettledBytes() > 0 && target.unsettledBytes() + bytes > bound) {
            return new AppendOutcome.AtBound(target.unsettledBytes(), bound);
        }
        long streamId =
                target.streamId() == 0 ? Streams.create(session, target.adapterId(), stream) : target.streamId();
        List<Segment> segments = Segment.cut(fresh, lastSeq(session) + 1, offset + present);
        session.updateAll(
                "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT))", segments.size(), (statement, i) -> {
                    Segment segment = segments.get(i);
                    statement.setLong(1, segment.lastSeq());
                    statement.setLong(2, target.adapterId());
                    statement.setLong(3, streamId);
                    statement.setLong(4, segment.lastOffset());
                    statement.setInt(5, segment.count());
                    statement.setLong(6, segment.bytes());
                    statement.setBytes(7, segment.json());
                });
        long next = offset + examples.size();
        session.update("UPDATE stream SET next_offset = ? WHERE id = ?", next, streamId);
        session.update(
                "UPDATE adapter SET stored_bytes = stored_bytes + ?, unsettled_bytes = unsettled_bytes + ? WHERE id = ?",
                bytes,
                bytes,
                target.adapterId());
        return new AppendOutcome.Appended(offset, examples.size(), next, bound - target.unsettledBytes() - bytes);
    }

    /** The last seq that was given, of this log's examples or of ones that aren't stored any more. */
    private static long lastSeq(Session session) throws SQLException {
        return session.first("SELECT seq FROM sqlite_sequence WHERE name = 'segment'", row -> row.getLong(1))
                .orElse(0L);
    }
}
