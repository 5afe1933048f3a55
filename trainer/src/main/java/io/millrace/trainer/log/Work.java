package io.millrace.trainer.log;

import java.sql.SQLException;

/** What is done with the database in one go: a unit of a transaction, or a read. */
@FunctionalInterface
public interface Work<T> {
    T run(Session session) throws SQLException;
}
