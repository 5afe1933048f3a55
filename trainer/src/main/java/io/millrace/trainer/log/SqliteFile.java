package io.millrace.trainer.log;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The database file: how it is created and how connections to it are set up. */
final class SqliteFile {
    static final int SCHEMA = 2;
    private static final int PAGE_SIZE = 8192;

    private final Path path;

    SqliteFile(Path path) {
        this.path = path;
    }

    /** 0: a new file. Changes nothing. */
    int schema() throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            return integer(statement, "PRAGMA user_version");
        }
    }

    void create() throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            // The page size has to come before WAL: afterwards it is silently ignored.
            statement.execute("PRAGMA page_size = " + PAGE_SIZE);
            statement.execute("PRAGMA journal_mode = WAL");
        }
        upgrade(0);
    }

    /** Brings the tables from that schema to this version's: each step is done or not begun. */
    void upgrade(int from) throws SQLException {
        // As the writer's, for what is dropped has to be erased.
        try (Connection connection = writer();
                Statement statement = connection.createStatement()) {
            for (int schema = from + 1; schema <= SCHEMA; schema++) {
                statement.executeUpdate("BEGIN;%sPRAGMA user_version = %d;COMMIT"
                        .formatted(resource("schema-%d.sql".formatted(schema)), schema));
            }
        }
    }

    /** The connection of the writing thread. Its commits are durable: in WAL, {@code FULL} syncs the log at every commit. */
    Connection writer() throws SQLException {
        return configured(
                "synchronous = FULL",
                "fullfsync = ON", // macOS: fsync alone leaves data in the drive's cache
                "checkpoint_fullfsync = ON",
                "foreign_keys = ON",
                "secure_delete = ON", // deleting an adapter erases its examples
                "wal_autocheckpoint = 512",
                "journal_size_limit = 16777216", // after a large deletion
                "cache_size = -16384");
    }

    Connection reader() throws SQLException {
        return configured("query_only = ON");
    }

    private Connection configured(String... pragmas) throws SQLException {
        Connection connection = open();
        try (Statement statement = connection.createStatement()) {
            int pageSize = integer(statement, "PRAGMA page_size");
            String journal = text(statement, "PRAGMA journal_mode");
            if (pageSize != PAGE_SIZE || !journal.equals("wal")) {
                throw new SQLException("%s has page size %d and journal mode %s; expected %d and wal"
                        .formatted(path, pageSize, journal, PAGE_SIZE));
            }
            for (String pragma : pragmas) {
                statement.execute("PRAGMA " + pragma);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private Connection open() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
        }
        return connection;
    }

    private static int integer(Statement statement, String query) throws SQLException {
        try (ResultSet result = statement.executeQuery(query)) {
            return result.getInt(1);
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        try (ResultSet result = statement.executeQuery(query)) {
            return result.getString(1);
        }
    }

    private static String resource(String name) {
        try (InputStream in = SqliteFile.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks the resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
