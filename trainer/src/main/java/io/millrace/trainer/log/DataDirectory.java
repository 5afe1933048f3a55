package io.millrace.trainer.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a server keeps everything: {@code millrace.db}, {@code artifacts/}, {@code quarantine/} and {@code lock}. It is open
 * in one process at a time and belongs to one base model.
 */
public final class DataDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

    private final Path path;
    private final DirectoryLock lock;
    private final Database database;
    private final Changes changes = new Changes();
    private final KnownAdapters knownAdapters = new KnownAdapters();

    private DataDirectory(Path path, DirectoryLock lock, Database database) {
        this.path = path;
        this.lock = lock;
        this.database = database;
    }

    /**
     * Opens the directory, or creates it and binds it to the base model.
     *
     * @throws DataDirectoryException.Locked if another process has it open
     * @throws DataDirectoryException.NewerSchema if a newer version wrote it
     * @throws DataDirectoryException.OtherBaseModel if it belongs to another base model
     * @throws DataDirectoryException.BaseHeldOtherwise if it belongs to that model, held otherwise
     * @throws DataDirectoryException.Unusable if it can't be created, read or written
     */
    public static DataDirectory open(Path path, BoundBase base) {
        try {
            Files.createDirectories(path);
            DirectoryLock lock = DirectoryLock.take(path);
            try {
                return new DataDirectory(path, lock, database(path, base));
            } catch (SQLException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException | SQLException e) {
            throw new DataDirectoryException.Unusable(path, e);
        }
    }

    private static Database database(Path path, BoundBase base) throws SQLException {
        SqliteFile file = new SqliteFile(path.resolve("millrace.db"));
        int schema = file.schema();
        if (schema > SqliteFile.SCHEMA) {
            throw new DataDirectoryException.NewerSchema(path, schema, SqliteFile.SCHEMA);
        }
        if (schema == 0) {
            file.create();
        } else if (schema < SqliteFile.SCHEMA) {
            LOG.info("data directory {} is being brought from schema {} to {}", path, schema, SqliteFile.SCHEMA);
            file.upgrade(schema);
        }
        Database database = new Database(file::writer, file::reader, Database.QUEUE);
        try {
            bind(path, database, base);
            return database;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    private static void bind(Path path, Database database, BoundBase given) {
        Optional<String> digest = meta(database, "base_model_digest");
        if (digest.isEmpty()) {
            database.write(session -> session.update(
                            "INSERT INTO meta VALUES ('base_model_digest', ?), ('base', ?)",
                            given.digest(),
                            given.held()))
                    .block();
            return;
        }
        if (!digest.get().equals(given.digest())) {
            throw new DataDirectoryException.OtherBaseModel(path, digest.get(), given.digest());
        }
        // Directories that don't say are from when there was no other way.
        String held =
                meta(database, "base").orElse(BoundBase.dense(digest.get()).held());
        if (!held.equals(given.held())) {
            throw new DataDirectoryException.BaseHeldOtherwise(path, held, given.held());
        }
    }

    private static Optional<String> meta(Database database, String key) {
        return database.read(
                session -> session.first("SELECT value FROM meta WHERE key = ?", row -> row.getString(1), key));
    }

    public Path path() {
        return path;
    }

    public Database database() {
        return database;
    }

    public Changes changes() {
        return changes;
    }

    KnownAdapters knownAdapters() {
        return knownAdapters;
    }

    /** Writes what waits, ends all subscriptions, and frees the directory for another process. */
    @Override
    public void close() {
        try (lock) {
            changes.close();
            database.close();
        } catch (IOException | SQLException e) {
            LOG.warn("data directory {} was not closed cleanly; nothing acknowledged is lost", path, e);
        }
    }
}
