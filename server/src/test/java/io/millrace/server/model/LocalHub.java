package io.millrace.server.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A hub on the loopback interface that speaks the real one's protocol: a list of files, redirects that tell the digest of
 * large files, and ranges. It can be made to break off.
 */
final class LocalHub implements AutoCloseable {
    static final String REPOSITORY = "org/tiny";
    static final String REVISION = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer server;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final Map<String, Integer> breaks = new ConcurrentHashMap<>();
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    /** Requests as {@code PATH}, {@code PATH bytes=N-} for ranges, with {@code +token} if they carried one. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    LocalHub() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    LocalHub with(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    LocalHub withLarge(String name, byte[] content) {
        files.put(name, content);
        digests.put(name, sha256(content));
        return this;
    }

    /** The hub tells this digest, whatever the file is. */
    LocalHub tellingDigest(String name, String sha256) {
        digests.put(name, sha256);
        return this;
    }

    /** The next downloads of the file, so many of them, break off half way through what they send. */
    LocalHub breaking(String name, int times) {
        breaks.put(name, times);
        return this;
    }

    HubSettings settings() {
        return new HubSettings(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                Optional.of("secret"),
                false,
                Duration.ofSeconds(10),
                Duration.ZERO);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            requests.add(path + (range == null ? "" : " " + range) + (token == null ? "" : " +token"));
            String resolve = "/%s/resolve/%s/".formatted(REPOSITORY, REVISION);
            if (path.equals("/api/models/" + REPOSITORY)) {
                send(exchange, 200, listing().getBytes(StandardCharsets.UTF_8), 0);
            } else if (path.startsWith(resolve)) {
                resolved(exchange, path.substring(resolve.length()));
            } else if (path.startsWith("/storage/")) {
                stored(exchange, path.substring("/storage/".length()), range);
            } else {
                send(exchange, 404, new byte[0], 0);
            }
        }
    }

    private String listing() {
        return files.keySet().stream()
                .sorted()
                .map(name -> "{\"rfilename\": \"%s\"}".formatted(name))
                .collect(Collectors.joining(",", "{\"sha\": \"%s\", \"siblings\": [".formatted(REVISION), "]}"));
    }

    private void resolved(HttpExchange exchange, String name) throws IOException {
        String digest = digests.get(name);
        if (digest == null) {
            stored(exchange, name, null);
            return;
        }
        exchange.getResponseHeaders().add("X-Linked-ETag", "\"" + digest + "\"");
        String elsewhere =
                "http://localhost:%d/storage/%s".formatted(server.getAddress().getPort(), name);
        exchange.getResponseHeaders().add("Location", elsewhere);
        send(exchange, 302, new byte[0], 0);
    }

    private void stored(HttpExchange exchange, String name, @Nullable String range) throws IOException {
        byte[] content = files.getOrDefault(name, new byte[0]);
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        if (breaks.merge(name, -1, Integer::sum) >= 0) {
            exchange.sendResponseHeaders(from == 0 ? 200 : 206, content.length - from);
            exchange.getResponseBody().write(content, from, (content.length - from) / 2);
            exchange.getResponseBody().flush();
            return;
        }
        send(exchange, from == 0 ? 200 : 206, content, from);
    }

    private static void send(HttpExchange exchange, int status, byte[] content, int from) throws IOException {
        int length = content.length - from;
        exchange.sendResponseHeaders(status, length == 0 ? -1 : length);
        if (length > 0) {
            exchange.getResponseBody().write(content, from, length);
        }
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
