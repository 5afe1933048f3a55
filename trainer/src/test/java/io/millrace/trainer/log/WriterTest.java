package io.millrace.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

class WriterTest {
    @TempDir
    Path path;

    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger tries = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile boolean syncFails;
    private volatile Runnable beforeSync = () -> {};
    private SqliteFile file;
    private Writer writer;

    @BeforeEach
    void open() throws SQLException {
        file = new SqliteFile(path.resolve("millrace.db"));
        file.create();
        writer = new Writer(
                () -> {
                    connections.incrementAndGet();
                    return watched(file.writer());
                },
                8);
    }

    @AfterEach
    void close() throws SQLException {
        writer.close();
    }

    /** The connection, which counts commits, and whose commits fail like a failed fsync when the test says so. */
    private Connection watched(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(connection, arguments);
                        return result instanceof PreparedStatement statement && arguments[0].equals("COMMIT")
                                ? commit(statement)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    private PreparedStatement commit(PreparedStatement statement) {
        return (PreparedStatement) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PreparedStatement.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("executeUpdate")) {
                        beforeSync.run();
                        tries.incrementAndGet();
                        if (syncFails) {
                            throw new SQLiteException("fsync failed", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
                        }
                        commits.incrementAndGet();
                    }
                    return method.invoke(statement, arguments);
                });
    }

    private CompletableFuture<Integer> insert(String key) {
        return insert(key, "x");
    }

    private CompletableFuture<Integer> insert(String key, String value) {
        return writer.submit(session -> session.update("INSERT INTO meta VALUES (?, ?)", key, value), rows -> {});
    }

    private List<String> keys() throws SQLException {
        try (Session session = new Session(file.reader())) {
            return session.list("SELECT key FROM meta ORDER BY key", row -> row.getString(1));
        }
    }

    private static void assertFailsWith(Class<? extends Throwable> type, ThrowingCallable callable) {
        assertThatExceptionOfType(ExecutionException.class).isThrownBy(callable).withCauseInstanceOf(type);
    }

    @Test
    void unitsThatWait_shareOneCommit() throws Exception {
        WriterGate gate = new WriterGate();
        writer.submit(session -> gate.hold(), held -> {});
        gate.awaitHeld();
        List<CompletableFuture<Integer>> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            waiting.add(insert("key" + i));
        }
        gate.open();
        CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get();

        assertThat(keys()).hasSize(8);
        assertThat(commits).hasValue(2);
    }

    @Test
    void unitThatFails_isUndoneAloneAndOthersOfItsGroupAreStored() throws Exception {
        WriterGate gate = new WriterGate();
        writer.submit(session -> gate.hold(), held -> {});
        gate.awaitHeld();
        CompletableFuture<Integer> before = insert("a");
        CompletableFuture<Integer> throwing = writer.submit(
                session -> {
                    session.update("INSERT INTO meta VALUES ('undone', 'x')");
                    throw new IllegalStateException("thrown by the unit");
                },
                rows -> {});
        CompletableFuture<Integer> violating = insert("a");
        CompletableFuture<Integer> after = insert("b");
        gate.open();

        assertThat(before.get()).isOne();
        assertThat(after.get()).isOne();
        assertFailsWith(IllegalStateException.class, throwing::get);
        assertFailsWith(SQLException.class, violating::get);
        assertThat(keys()).containsExactly("a", "b");
    }

    @Test
    void fullQueue_refusesAtOnce() throws Exception {
        WriterGate gate = new WriterGate();
        writer.submit(session -> gate.hold(), held -> {});
        gate.awaitHeld();
        for (int i = 0; i < 8; i++) {
            insert("key" + i);
        }

        assertFailsWith(StorageException.Busy.class, insert("one too many")::get);

        gate.open();
        writer.close();
        assertThat(keys()).hasSize(8).doesNotContain("one too many");
    }

    @Test
    void unitCancelledBeforeItsTurn_isNotRun() throws Exception {
        WriterGate gate = new WriterGate();
        writer.submit(session -> gate.hold(), held -> {});
        gate.awaitHeld();
        CompletableFuture<Integer> cancelled = insert("cancelled");
        CompletableFuture<Integer> kept = insert("kept");

        cancelled.cancel(false);
        gate.open();
        kept.get();

        assertThat(keys()).containsExactly("kept");
    }

    /** When a unit of its group failed, which has the group run once more. */
    @Test
    void unitCancelledBetweenItsRuns_isNotTakenForCommitted() throws Exception {
        WriterGate gate = new WriterGate();
        writer.submit(session -> gate.hold(), held -> {});
        gate.awaitHeld();
        AtomicInteger told = new AtomicInteger();
        CompletableFuture<Integer> cancelled = writer.submit(
                session -> session.update("INSERT INTO meta VALUES ('cancelled', 'x')"),
                rows -> told.incrementAndGet());
        CompletableFuture<Integer> failing = writer.submit(
                session -> {
                    cancelled.cancel(false);
                    throw new IllegalStateException("thrown by the unit");
                },
                rows -> {});
        CompletableFuture<Integer> kept = insert("kept");
        gate.open();
        kept.get();

        assertFailsWith(IllegalStateException.class, failing::get);
        assertThat(keys()).containsExactly("kept");
        assertThat(told).hasValue(0);
    }

    @Test
    void afterCommit_seesWhatWasCommitted() throws Exception {
        CompletableFuture<List<String>> seen = new CompletableFuture<>();
        writer.submit(session -> session.update("INSERT INTO meta VALUES ('a', 'x')"), rows -> {
                    try {
                        seen.complete(keys());
                    } catch (SQLException e) {
                        seen.completeExceptionally(e);
                    }
                })
                .get();

        assertThat(seen.get()).containsExactly("a");
    }

    @Test
    void close_writesWhatWaits() throws Exception {
        List<CompletableFuture<Integer>> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            waiting.add(insert("key" + i));
        }

        writer.close();

        assertThat(waiting).allSatisfy(future -> assertThat(future).isCompleted());
        assertThat(keys()).hasSize(8);
        assertFailsWith(StorageException.Closed.class, insert("late")::get);
    }

    @Test
    void fault17_unit_isNotAcknowledgedBeforeItsCommit() throws Exception {
        WriterGate sync = new WriterGate();
        beforeSync = sync::hold;
        CompletableFuture<Integer> unit = insert("a");
        sync.awaitHeld();

        assertThat(unit).isNotDone();
        assertThat(keys()).isEmpty();

        sync.open();
        assertThat(unit.get()).isOne();
        assertThat(keys()).containsExactly("a");
    }

    @Test
    void fault21_fullDisk_refusesTheWriteAndTakesLaterOnes() throws Exception {
        insert("before").get();
        writer.submit(
                        session -> session.first(
                                        "PRAGMA max_page_count = 1",
                                        row -> row.getInt(1)) // rounded up to what there is
                                .orElseThrow(),
                        pages -> {})
                .get();

        assertFailsWith(StorageException.Full.class, insert("large", "x".repeat(1 << 20))::get);

        insert("after").get();
        assertThat(keys()).containsExactly("after", "before");
        assertThat(writer.failure()).isNotDone();
    }

    @Test
    void fault22_failedSync_fencesTheWriter_whichNeverTriesAgain() throws Exception {
        insert("before").get();
        syncFails = true;

        assertFailsWith(StorageException.Failed.class, insert("in doubt")::get);
        syncFails = false;
        assertFailsWith(StorageException.Failed.class, insert("after")::get);

        assertThat(writer.failure().get()).hasMessageContaining("restart");
        assertThat(tries).as("tries to commit").hasValue(2);
        assertThat(connections).hasValue(1);
        assertThat(keys()).containsExactly("before");
    }
}
