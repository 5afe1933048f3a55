package io.millrace.trainer.log;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SQL on one connection. Statements are prepared once and kept, so their texts must be constants. Belongs to one thread at a time. */
public final class Session implements AutoCloseable {
    /** Makes a value of the row that the result set stands on. */
    public interface Row<T> {
        T map(ResultSet row) throws SQLException;
    }

    /** Looks at one row. */
    interface Visitor {
        /** @return whether it wants to see more */
        boolean visit(ResultSet row) throws SQLException;
    }

    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    Session(Connection connection) {
        this.connection = connection;
    }

    /** @return rows changed */
    public int update(String sql, @Nullable Object... arguments) throws SQLException {
        return prepare(sql, arguments).executeUpdate();
    }

    /** Sets the arguments of one of the rows that a statement is run for. */
    interface Binding {
        void bind(PreparedStatement statement, int row) throws SQLException;
    }

    /** Runs the statement once for each row. */
    void updateAll(String sql, int rows, Binding binding) throws SQLException {
        PreparedStatement statement = prepare(sql);
        try {
            for (int row = 0; row < rows; row++) {
                binding.bind(statement, row);
                statement.addBatch();
            }
            statement.executeBatch();
        } finally {
            statement.clearBatch();
        }
    }

    public <T> List<T> list(String sql, Row<T> row, @Nullable Object... arguments) throws SQLException {
        List<T> all = new ArrayList<>();
        visit(sql, result -> all.add(row.map(result)), arguments);
        return all;
    }

    public <T> Optional<T> first(String sql, Row<T> row, @Nullable Object... arguments) throws SQLException {
        try (ResultSet result = prepare(sql, arguments).executeQuery()) {
            return result.next() ? Optional.of(row.map(result)) : Optional.empty();
        }
    }

    /** Shows rows one by one, as long as the visitor wants more, without holding them. */
    void visit(String sql, Visitor visitor, @Nullable Object... arguments) throws SQLException {
        try (ResultSet result = prepare(sql, arguments).executeQuery()) {
            while (result.next() && visitor.visit(result)) {
                // the visitor does the work
            }
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        bind(statement, arguments);
        return statement;
    }

    private static void bind(PreparedStatement statement, @Nullable Object[] arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement statement : statements.values()) {
            statement.close();
        }
        connection.close();
    }
}
