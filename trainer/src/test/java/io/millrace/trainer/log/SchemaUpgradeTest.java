package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static io.millrace.trainer.log.TestDirectories.examples;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.ExampleCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory that was written before examples shared rows. */
class SchemaUpgradeTest {
    @TempDir
    Path path;

    /** Five examples were appended; the last one isn't stored any more, but its seq was given. */
    @BeforeEach
    void writeSchema1() throws SQLException, IOException {
        try (InputStream schema = SqliteFile.class.getResourceAsStream("schema-1.sql");
                Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path.resolve("millrace.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = 8192");
            statement.execute("PRAGMA journal_mode = WAL");
            statement.executeUpdate(new String(schema.readAllBytes(), StandardCharsets.UTF_8));
            statement.executeUpdate("""
                    INSERT INTO meta VALUES ('base_model_digest', '%s');
                    INSERT INTO adapter (tenant, name, config, seed, created) VALUES ('t', 'a', '{}', 1, '2026-01-02T03:04:05Z');
                    INSERT INTO stream (adapter_id, name, next_offset) VALUES (1, 's', 5);
                    PRAGMA user_version = 1""".formatted(TestDirectories.BASE_MODEL));
            insert(connection, examples(0, 5));
            statement.executeUpdate("DELETE FROM example WHERE seq = 5");
        }
    }

    private static void insert(Connection connection, List<Example> examples) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO example VALUES (?, 1, 1, ?, ?, CAST(? AS TEXT))")) {
            for (int i = 0; i < examples.size(); i++) {
                byte[] body = ExampleCodec.encode(examples.get(i));
                insert.setLong(1, i + 1);
                insert.setLong(2, i);
                insert.setLong(3, body.length);
                insert.setBytes(4, body);
                insert.executeUpdate();
            }
        }
    }

    private static List<LoggedExample> stored(SqliteExampleLog log) {
        return log.read(ADAPTER, 0, 100, Long.MAX_VALUE);
    }

    @Test
    void examples_keepTheirPlacesAndSeqsAreNotGivenAgain() {
        try (DataDirectory directory = TestDirectories.open(path)) {
            SqliteExampleLog log = TestDirectories.log(directory);
            assertThat(stored(log)).extracting(LoggedExample::example).isEqualTo(examples(0, 4));
            assertThat(stored(log)).extracting(LoggedExample::seq).containsExactly(1L, 2L, 3L, 4L);
            assertThat(stored(log)).extracting(LoggedExample::offset).containsExactly(0L, 1L, 2L, 3L);

            assertThat(log.append(STREAM, 2, examples(2, 5)).block()).isInstanceOf(AppendOutcome.Duplicate.class);
            assertThat(log.append(STREAM, 5, examples(5, 7)).block()).isInstanceOf(AppendOutcome.Appended.class);
            assertThat(stored(log)).extracting(LoggedExample::seq).containsExactly(1L, 2L, 3L, 4L, 6L, 7L);
        }
    }

    @Test
    void upgrade_happensOnce() {
        TestDirectories.open(path).close();

        try (DataDirectory directory = TestDirectories.open(path)) {
            assertThat(stored(TestDirectories.log(directory))).hasSize(4);
        }
    }

    /** What the old table held must not outlive its adapter either. */
    @Test
    void upgrade_leavesNoCopiesOfExamples() throws IOException {
        try (DataDirectory directory = TestDirectories.open(path)) {
            TestDirectories.log(directory).append(STREAM, 5, examples(5, 6)).block();
            TestDirectories.adapters(directory)
                    .delete(ADAPTER, Optional.empty())
                    .block();
        }

        assertThat(Files.readString(path.resolve("millrace.db"), StandardCharsets.ISO_8859_1))
                .doesNotContain("example 0")
                .doesNotContain("example 5");
    }
}
