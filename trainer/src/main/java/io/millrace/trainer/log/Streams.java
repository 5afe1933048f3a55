package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The table of streams. */
final class Streams {
    private static final String COLUMNS = """
            SELECT stream.name, next_offset, trained_through, trained, held_out, quarantined, dropped FROM stream
            JOIN adapter ON adapter.id = stream.adapter_id WHERE adapter.tenant = ? AND adapter.name = ?""";

    private Streams() {}

    static Optional<StreamState> find(Session session, StreamName name) throws SQLException {
        AdapterName adapter = name.adapter();
        return session.first(
                COLUMNS + " AND stream.name = ?",
                row -> state(adapter, row),
                adapter.tenant(),
                adapter.adapter(),
                name.stream());
    }

    static List<StreamState> of(Session session, AdapterName adapter) throws SQLException {
        return session.list(
                COLUMNS + " ORDER BY stream.name", row -> state(adapter, row), adapter.tenant(), adapter.adapter());
    }

    /** @return its id */
    static long create(Session session, long adapterId, StreamName name) throws SQLException {
        session.update("INSERT INTO stream (adapter_id, name) VALUES (?, ?)", adapterId, name.stream());
        return session.first("SELECT last_insert_rowid()", row -> row.getLong(1))
                .orElseThrow();
    }

    private static StreamState state(AdapterName adapter, ResultSet row) throws SQLException {
        return new StreamState(
                new StreamName(adapter, row.getString(1)),
                row.getLong(2),
                new StreamProgress(row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6), row.getLong(7)));
    }
}
