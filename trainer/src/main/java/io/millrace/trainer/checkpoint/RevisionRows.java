package io.millrace.trainer.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables of revisions and their files. */
final class RevisionRows {
    // Files come with their revision in one statement: it may be compacted between two.
    private static final String COLUMNS = """
            SELECT number, parent, base_model_digest, method, config, trained_through, tokens, examples, metrics,
              gate_decision, created, provenance, rolled_back_to,
              (SELECT json_group_array(json_object('name', name, 'content', json_object('sha256', sha256, 'size', size)))
               FROM revision_file AS file
               WHERE file.adapter_id = revision.adapter_id AND file.number = revision.number) AS files
            FROM revision""";

    private RevisionRows() {}

    static RevisionSpan span(Session session, long adapterId) throws SQLException {
        return session.first(
                        "SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM revision WHERE adapter_id = ?",
                        row -> new RevisionSpan(row.getLong(1), row.getLong(2)),
                        adapterId)
                .orElseThrow();
    }

    static Optional<Revision> find(Session session, AdapterName adapter, long adapterId, long number)
            throws SQLException {
        return session.first(
                COLUMNS + " WHERE adapter_id = ? AND number = ?", row -> revision(adapter, row), adapterId, number);
    }

    static List<Revision> before(Session session, AdapterName adapter, long adapterId, long number, int most)
            throws SQLException {
        return session.list(
                COLUMNS + " WHERE adapter_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
                row -> revision(adapter, row),
                adapterId,
                number,
                most);
    }

    static void insert(Session session, long adapterId, Revision revision) throws SQLException {
        NewRevision manifest = revision.manifest();
        session.update(
                "INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                adapterId,
                revision.number(),
                manifest.parent().orElse(null),
                manifest.baseModelDigest(),
                manifest.method(),
                manifest.config(),
                Json.write(manifest.trainedThrough()),
                manifest.tokens(),
                manifest.examples(),
                Json.write(manifest.metrics()),
                manifest.gateDecision(),
                revision.created().toString(),
                Json.write(manifest.provenance()),
                manifest.rolledBackTo().orElse(null));
        for (ArtifactFile file : manifest.files()) {
            session.update(
                    "INSERT INTO revision_file VALUES (?, ?, ?, ?, ?)",
                    adapterId,
                    revision.number(),
                    file.name(),
                    file.content().sha256(),
                    file.content().size());
        }
    }

    /** @return the digests of the files of the revisions deleted */
    static List<String> deleteBelow(Session session, long adapterId, long floor) throws SQLException {
        List<String> digests = session.list(
                "SELECT sha256 FROM revision_file WHERE adapter_id = ? AND number < ?",
                row -> row.getString(1),
                adapterId,
                floor);
        session.update("DELETE FROM revision WHERE adapter_id = ? AND number < ?", adapterId, floor);
        return digests;
    }

    private static Revision revision(AdapterName adapter, ResultSet row) throws SQLException {
        NewRevision manifest = new NewRevision(
                optional(row, "parent"),
                Json.read(row.getString("files"), new TypeReference<List<ArtifactFile>>() {}),
                row.getString("base_model_digest"),
                row.getString("method"),
                row.getString("config"),
                Json.read(row.getString("trained_through"), new TypeReference<Map<String, Long>>() {}),
                row.getLong("tokens"),
                row.getLong("examples"),
                Json.read(row.getString("metrics"), new TypeReference<Map<String, Double>>() {}),
                row.getString("gate_decision"),
                Json.read(row.getString("provenance"), new TypeReference<Map<String, String>>() {}),
                optional(row, "rolled_back_to"));
        return new Revision(adapter, row.getLong("number"), manifest, Instant.parse(row.getString("created")));
    }

    private static Optional<Long> optional(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(value);
    }
}
