package io.millrace.trainer.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.Session;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.StreamProgress;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tables of commits and their files. */
final class CommitRows {
    /** A commit and its row. */
    record Stored(long id, Commit commit) {}

    private CommitRows() {}

    /** Newest first. */
    static List<Stored> of(Session session, AdapterName adapter) throws SQLException {
        return session.list("""
                SELECT training_commit.id, step, settled_through, settled_beyond, streams, pipeline,
                  (SELECT json_group_array(json_object('name', name, 'content', json_object('sha256', sha256, 'size', size)))
                   FROM commit_file WHERE commit_id = training_commit.id) AS files
                FROM training_commit JOIN adapter ON adapter.id = adapter_id
                WHERE adapter.tenant = ? AND adapter.name = ? ORDER BY training_commit.id DESC""", row -> stored(adapter, row), adapter.tenant(), adapter.adapter());
    }

    static void insert(Session session, long adapterId, Commit commit, Instant created) throws SQLException {
        Map<String, StreamProgress> streams = new HashMap<>();
        commit.settlement().streams().forEach((name, progress) -> streams.put(name.stream(), progress));
        session.update(
                """
                INSERT INTO training_commit
                  (adapter_id, step, settled_through, settled_beyond, streams, pipeline, created)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                adapterId,
                commit.step(),
                commit.settlement().throughSeq(),
                Json.write(commit.settlement().beyond()),
                Json.write(streams),
                commit.pipeline(),
                created.toString());
        long id = session.first("SELECT last_insert_rowid()", row -> row.getLong(1))
                .orElseThrow();
        for (ArtifactFile file : commit.files()) {
            session.update(
                    "INSERT INTO commit_file VALUES (?, ?, ?, ?)",
                    id,
                    file.name(),
                    file.content().sha256(),
                    file.content().size());
        }
    }

    static void delete(Session session, Stored stored) throws SQLException {
        session.update("DELETE FROM training_commit WHERE id = ?", stored.id());
    }

    private static Stored stored(AdapterName adapter, ResultSet row) throws SQLException {
        Map<StreamName, StreamProgress> streams = new HashMap<>();
        Json.read(row.getString("streams"), new TypeReference<Map<String, StreamProgress>>() {})
                .forEach((name, progress) -> streams.put(new StreamName(adapter, name), progress));
        Settlement settlement = new Settlement(
                row.getLong("settled_through"),
                Json.read(row.getString("settled_beyond"), new TypeReference<List<Long>>() {}),
                streams);
        List<ArtifactFile> files = Json.read(row.getString("files"), new TypeReference<List<ArtifactFile>>() {});
        return new Stored(
                row.getLong("id"),
                new Commit(adapter, row.getLong("step"), files, settlement, row.getString("pipeline")));
    }
}
