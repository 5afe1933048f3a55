package io.millrace.trainer.log;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path path;

    @Test
    void newDirectory_hasTheMeasuredPageSizeAndJournal() {
        try (DataDirectory directory = TestDirectories.open(path)) {
            Optional<String> file = directory
                    .database()
                    .read(session -> session.first(
                            "SELECT page_size || ' ' || journal_mode FROM pragma_page_size, pragma_journal_mode",
                            row -> row.getString(1)));

            assertThat(file).contains("8192 wal");
        }
    }

    @Test
    void writerConnection_syncsEveryCommit() {
        try (DataDirectory directory = TestDirectories.open(path)) {
            assertThat(writerPragma(directory, "PRAGMA synchronous")).isEqualTo(2);
            assertThat(writerPragma(directory, "PRAGMA fullfsync")).isEqualTo(1);
            assertThat(writerPragma(directory, "PRAGMA wal_autocheckpoint")).isEqualTo(512);
            assertThat(writerPragma(directory, "PRAGMA foreign_keys")).isEqualTo(1);
        }
    }

    private static int writerPragma(DataDirectory directory, String pragma) {
        Integer value = directory
                .database()
                .write(session -> session.first(pragma, row -> row.getInt(1)).orElseThrow())
                .block();
        return value == null ? -1 : value;
    }

    @Test
    void reopenedDirectory_hasWhatWasWritten() {
        TestDirectories.openWithAdapter(path).close();

        try (DataDirectory directory = TestDirectories.open(path)) {
            assertThat(TestDirectories.adapters(directory).get(ADAPTER)).isPresent();
        }
    }

    @Test
    void fault39_secondOpening_isRefusedNamingTheDirectory() {
        try (DataDirectory first = TestDirectories.open(path)) {
            assertThatExceptionOfType(DataDirectoryException.Locked.class)
                    .isThrownBy(() -> TestDirectories.open(path))
                    .withMessageContaining(path.toString())
                    .withMessageContaining("process " + ProcessHandle.current().pid());
            assertThat(TestDirectories.adapters(first).get(ADAPTER)).isEmpty();
        }
        TestDirectories.open(path).close();
    }

    @Test
    void fault40_newerSchema_isRefusedAndTheDataUntouched() throws SQLException, IOException {
        TestDirectories.openWithAdapter(path).close();
        Path database = path.resolve("millrace.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = 3");
        }
        byte[] before = Files.readAllBytes(database);

        assertThatExceptionOfType(DataDirectoryException.NewerSchema.class)
                .isThrownBy(() -> TestDirectories.open(path))
                .withMessageContaining("schema 3");

        assertThat(Files.readAllBytes(database)).isEqualTo(before);
    }

    @Test
    void fault42_otherBaseModel_isRefusedNamingBoth() {
        TestDirectories.open(path).close();

        assertThatExceptionOfType(DataDirectoryException.OtherBaseModel.class)
                .isThrownBy(() -> DataDirectory.open(path, BoundBase.dense("sha256:of-another")))
                .withMessageContaining(TestDirectories.BASE_MODEL)
                .withMessageContaining("sha256:of-another");

        TestDirectories.open(path).close();
    }

    @Test
    void baseThatIsHeldOtherwise_isRefusedNamingBothAndTheRemedy() {
        BoundBase quantised = new BoundBase(TestDirectories.BASE_MODEL, "nf4");
        DataDirectory.open(path, quantised).close();

        assertThatExceptionOfType(DataDirectoryException.BaseHeldOtherwise.class)
                .isThrownBy(() -> TestDirectories.open(path))
                .withMessageContaining(path.toString())
                .withMessageContaining("a base that is nf4, but base is dense")
                .withMessageContaining("give --base nf4, or another directory");

        DataDirectory.open(path, quantised).close();
    }

    /** As those are that were made before there was another way. */
    @Test
    void directoryThatDoesNotSayHowTheBaseIsHeld_isOfADenseOne() {
        try (DataDirectory directory = TestDirectories.open(path)) {
            directory
                    .database()
                    .write(session -> session.update("DELETE FROM meta WHERE key = 'base'"))
                    .block();
        }

        assertThatExceptionOfType(DataDirectoryException.BaseHeldOtherwise.class)
                .isThrownBy(() -> DataDirectory.open(path, new BoundBase(TestDirectories.BASE_MODEL, "nf4")));
        TestDirectories.open(path).close();
    }

    @Test
    void databaseThatIsNone_isRefused() throws IOException {
        Files.writeString(
                path.resolve("millrace.db"), "this is no database, but it is long enough to have a header".repeat(9));

        assertThatExceptionOfType(DataDirectoryException.Unusable.class)
                .isThrownBy(() -> TestDirectories.open(path))
                .withMessageContaining(path.toString());
    }

    @Test
    void pathThatIsAFile_isRefused() throws IOException {
        Path file = Files.writeString(path.resolve("file"), "");

        assertThatExceptionOfType(DataDirectoryException.Unusable.class).isThrownBy(() -> TestDirectories.open(file));
    }

    @Test
    void use_afterClose_isRefused() {
        DataDirectory directory = TestDirectories.open(path);
        AdapterStore adapters = TestDirectories.adapters(directory);
        directory.close();
        directory.close();

        assertThatExceptionOfType(StorageException.Closed.class)
                .isThrownBy(
                        () -> adapters.create(ADAPTER, "{}", Optional.empty()).block());
        assertThatExceptionOfType(StorageException.Closed.class).isThrownBy(() -> adapters.get(ADAPTER));
    }
}
