package io.millrace.trainer.log;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens a connection. */
@FunctionalInterface
interface Connector {
    Connection open() throws SQLException;
}
