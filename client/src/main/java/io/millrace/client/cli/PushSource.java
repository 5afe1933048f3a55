package io.millrace.client.cli;

import io.millrace.client.jsonl.ExampleLines;
import io.millrace.client.jsonl.ParsedLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.Callable;
import reactor.core.publisher.Flux;

/**
 * What is pushed: a file or stdin.
 *
 * @param streamId the stream's id: as given, or made of the file's name and digest, so that the same file always goes to the
 *     same stream
 * @param lines how many there are; -1 where that is not known before the end
 */
record PushSource(String streamId, long lines, Callable<InputStream> input) {
    private static final long UNKNOWN = -1;
    private static final int DIGEST_DIGITS = 8;
    private static final int MAX_ID = 63;

    static PushSource stdin(String streamId) {
        return new PushSource(streamId, UNKNOWN, () -> System.in);
    }

    static PushSource file(Path file, String streamId) throws IOException {
        MessageDigest digest = sha256();
        long lines = 0;
        try (InputStream input = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] buffer = new byte[64 << 10];
            for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
                for (int i = 0; i < read; i++) {
                    lines += buffer[i] == '\n' ? 1 : 0;
                }
            }
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        String id = streamId.isEmpty() ? defaultId(file, sha256) : streamId;
        return new PushSource(id, lines, () -> Files.newInputStream(file));
    }

    Flux<ParsedLine> read() {
        return ExampleLines.read(input);
    }

    private static String defaultId(Path file, String sha256) {
        String name = String.valueOf(file.getFileName())
                .toLowerCase(Locale.ROOT)
                .replaceFirst("\\.jsonl?$", "")
                .replaceAll("[^a-z0-9_-]+", "-")
                .replaceFirst("^[^a-z0-9]+", "");
        String stem = name.substring(0, Math.min(name.length(), MAX_ID - DIGEST_DIGITS - 1));
        return (stem.isEmpty() ? "file" : stem) + "-" + sha256.substring(0, DIGEST_DIGITS);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
