package io.millrace.server;

import java.time.Duration;

/**
 * How the server listens and what it bears. Message sizes are no setting: the API states them.
 *
 * @param port on the loopback interface; 0 picks a free one
 * @param keepAlive a silent connection is pinged after this long, at least 10 s, and closed if the ping isn't answered within
 *     {@code keepAliveTimeout}
 * @param grace how long calls may take to end when the server shuts down; what is still open then is cut off
 * @param drain how long appends that are already under way are still taken at shutdown; part of {@code grace}
 */
public record ServerSettings(int port, Duration keepAlive, Duration keepAliveTimeout, Duration grace, Duration drain) {
    public ServerSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is %d; it must be 0 (any free one) to 65535".formatted(port));
        }
        requirePositive("keepAlive", keepAlive);
        requirePositive("keepAliveTimeout", keepAliveTimeout);
        requirePositive("grace", grace);
        if (drain.isNegative() || drain.compareTo(grace) > 0) {
            throw new IllegalArgumentException("drain is %s; it must be 0 to the grace of %s".formatted(drain, grace));
        }
    }

    /** Pings after 30 s, waits 10 s for the answer; 10 s of grace, 1 s of it for appends under way. */
    public static ServerSettings onPort(int port) {
        return new ServerSettings(
                port, Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(1));
    }

    private static void requirePositive(String field, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException("%s is %s; it must be positive".formatted(field, duration));
        }
    }
}
