package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import java.sql.SQLException;
import java.util.Optional;

/** Looks up the row that other tables refer to. */
public final class AdapterRows {
    private AdapterRows() {}

    public static Optional<Long> id(Session session, AdapterName name) throws SQLException {
        return session.first(
                "SELECT id FROM adapter WHERE tenant = ? AND name = ?",
                row -> row.getLong(1),
                name.tenant(),
                name.adapter());
    }

    /** @throws AdapterGoneException if there is no such adapter */
    public static long requireId(Session session, AdapterName name) throws SQLException {
        return id(session, name).orElseThrow(() -> new AdapterGoneException(name));
    }
}
