package io.millrace.trainer.log;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** The data directory could not do what it was asked to; the subclass says what to do about it. */
public abstract sealed class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StorageException(String message, Throwable cause) {
        super(message, cause);
    }

    StorageException(String message) {
        super(message);
    }

    /** The disk is full: nothing was stored. Reads go on, and later writes may succeed. */
    public static final class Full extends StorageException {
        private static final long serialVersionUID = 1;

        Full(Throwable cause) {
            super("the disk is full; free some space, then try again", cause);
        }
    }

    /** More writes are waiting than the queue takes: nothing was stored. Try again shortly. */
    public static final class Busy extends StorageException {
        private static final long serialVersionUID = 1;

        Busy(String reason) {
            super(reason + "; try again shortly");
        }
    }

    /**
     * The disk failed, or the database is damaged. After a failed write nothing is written any more, since what a failed
     * fsync left behind is unknown: the process should exit and be started again.
     */
    public static final class Failed extends StorageException {
        private static final long serialVersionUID = 1;

        Failed(String what, Throwable cause) {
            super("%s: %s; restart, and check the disk".formatted(what, cause.getMessage()), cause);
        }
    }

    /** The data directory was closed: nothing was stored. */
    public static final class Closed extends StorageException {
        private static final long serialVersionUID = 1;

        Closed() {
            super("the data directory is closed");
        }
    }

    static StorageException of(String what, SQLException cause) {
        int code = cause.getErrorCode() & 0xff; // the rest of an extended code tells kinds of I/O errors apart
        if (code == SQLiteErrorCode.SQLITE_FULL.code) {
            return new Full(cause);
        }
        if (code == SQLiteErrorCode.SQLITE_BUSY.code) {
            return new Busy("another program is writing to the database");
        }
        return new Failed(what, cause);
    }

    /** What a failed write to a file beside the database means. */
    public static StorageException of(Path file, IOException cause) {
        String reason = String.valueOf(cause.getMessage());
        boolean full = reason.contains("No space left") || reason.contains("not enough space");
        return full ? new Full(cause) : new Failed("writing " + file + " failed", cause);
    }

    /** Whether the whole transaction is lost or in doubt, not only the statement that failed. */
    static boolean concernsTheTransaction(SQLException cause) {
        int code = cause.getErrorCode() & 0xff;
        return code != SQLiteErrorCode.SQLITE_CONSTRAINT.code && code != SQLiteErrorCode.SQLITE_ERROR.code;
    }
}
