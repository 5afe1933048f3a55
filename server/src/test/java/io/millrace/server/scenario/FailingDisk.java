package io.millrace.server.scenario;

import io.millrace.server.cli.Millrace;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Properties;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** SQLite's driver on a disk whose syncs fail from when a certain file appears on. */
final class FailingDisk implements Driver {
    /** Said on stderr at each try to sync the failed disk. */
    static final String TRIED = "a sync of the failed disk was tried";

    private final JDBC sqlite = new JDBC();
    private final Path failed;

    private FailingDisk(Path failed) {
        this.failed = failed;
    }

    /**
     * The command line on such a disk.
     *
     * @param arguments the file, then those of the command
     */
    public static void main(String[] arguments) throws SQLException {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            DriverManager.deregisterDriver(driver);
        }
        DriverManager.registerDriver(new FailingDisk(Path.of(arguments[0])));
        Millrace.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    @Override
    public @Nullable Connection connect(String url, Properties info) throws SQLException {
        Connection connection = sqlite.connect(url, info);
        return connection == null ? null : watched(connection);
    }

    private Connection watched(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    Object result = invoke(connection, method, arguments);
                    return result instanceof PreparedStatement statement && arguments[0].equals("COMMIT")
                            ? watched(statement)
                            : result;
                });
    }

    private PreparedStatement watched(PreparedStatement commit) {
        return (PreparedStatement) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PreparedStatement.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("executeUpdate") && Files.exists(failed)) {
                        System.err.println(TRIED);
                        throw new SQLiteException("fsync failed", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
                    }
                    return invoke(commit, method, arguments);
                });
    }

    private static @Nullable Object invoke(Object target, Method method, @Nullable Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    @Override
    public boolean acceptsURL(String url) {
        return sqlite.acceptsURL(url);
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
        return sqlite.getPropertyInfo(url, info);
    }

    @Override
    public int getMajorVersion() {
        return sqlite.getMajorVersion();
    }

    @Override
    public int getMinorVersion() {
        return sqlite.getMinorVersion();
    }

    @Override
    public boolean jdbcCompliant() {
        return sqlite.jdbcCompliant();
    }

    @Override
    public @Nullable Logger getParentLogger() {
        return null;
    }
}
