package io.millrace.server.model;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;

/**
 * GET requests to the hub. Redirects are followed here because the token must not go along to another host, and because the
 * hub says a file's digest in the redirect.
 */
final class HubRequests {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int REDIRECTS = 5;
    private static final Pattern QUOTED_SHA256 = Pattern.compile("\"?([0-9a-f]{64})\"?");

    private final HubSettings settings;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    HubRequests(HubSettings settings) {
        this.settings = settings;
    }

    /**
     * An answer whose body hasn't been read: it must be, or be discarded.
     *
     * @param sha256 of the file, where the hub knows it (large files)
     */
    record Answer(int status, HttpHeaders headers, Flux<List<ByteBuffer>> body, Optional<String> sha256) {
        /** What is done with each piece of a body. */
        interface Reader {
            void take(ByteBuffer piece) throws IOException;
        }

        /** @throws IOException if the body breaks off or stalls, or the reader fails */
        void read(Reader reader) throws IOException {
            try (Stream<List<ByteBuffer>> pieces = body.toStream(1)) {
                for (List<ByteBuffer> some : (Iterable<List<ByteBuffer>>) pieces::iterator) {
                    for (ByteBuffer piece : some) {
                        reader.take(piece);
                    }
                }
            } catch (RuntimeException e) {
                Throwable cause = Exceptions.unwrap(e);
                throw new IOException("the answer broke off (%s)".formatted(cause), cause);
            }
        }

        /** Gives the body up. */
        void discard() {
            body.subscribe().dispose();
        }
    }

    /**
     * @param path below the endpoint, starting with a slash
     * @param from the first byte wanted
     * @throws IOException if there is no answer
     */
    Answer get(String path, long from) throws IOException {
        URI uri = URI.create(settings.endpoint() + path);
        List<HttpHeaders> passed = new ArrayList<>();
        for (int redirect = 0; redirect <= REDIRECTS; redirect++) {
            HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = send(request(uri, from));
            passed.add(response.headers());
            Flux<List<ByteBuffer>> body =
                    JdkFlowAdapter.flowPublisherToFlux(response.body()).timeout(settings.stall());
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return new Answer(response.statusCode(), response.headers(), body, sha256(passed));
            }
            body.subscribe().dispose();
            uri = uri.resolve(location.get());
        }
        throw new IOException("%s is redirected more than %d times".formatted(path, REDIRECTS));
    }

    private HttpRequest request(URI uri, long from) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(settings.stall())
                .header("User-Agent", "millrace")
                .header("Accept-Encoding", "identity");
        if (from > 0) {
            request.header("Range", "bytes=%d-".formatted(from));
        }
        if (uri.getAuthority().equals(settings.endpoint().getAuthority())) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    private HttpResponse<Flow.Publisher<List<ByteBuffer>>> send(HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofPublisher());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "interrupted while asking " + request.uri().getHost());
        }
    }

    private static Optional<String> sha256(List<HttpHeaders> passed) {
        return passed.stream()
                .flatMap(headers -> headers.firstValue("X-Linked-ETag").stream())
                .map(QUOTED_SHA256::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher -> matcher.group(1))
                .findFirst();
    }
}
