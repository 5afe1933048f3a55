package io.millrace.server.model;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Downloads one file of the hub to {@code NAME.part} and gives it its name when it is whole. A broken download goes on where
 * it stopped, in this run or a later one, if the hub told the file's digest: the digest proves that the parts belong together.
 */
final class HubFile {
    private final HubRequests requests;
    private final Retry retry;
    private final Progress progress;

    HubFile(HubRequests requests, Retry retry, Progress progress) {
        this.requests = requests;
        this.retry = retry;
        this.progress = progress;
    }

    /**
     * @param path the file's address below the endpoint
     * @throws ModelUnavailableException if the hub refuses it, it can't be had after several tries, or what came has
     *     another digest
     * @throws IOException if the file can't be written
     */
    void download(String path, Path target) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        retry.run(String.valueOf(target.getFileName()), () -> {
            check(receive(path, part, target), part, target);
            return Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        });
    }

    /**
     * @param sha256 that the hub told
     * @param continued whether the file was begun by an earlier download
     */
    private record Received(Optional<String> sha256, boolean continued) {}

    /** Receives what of the file is missing. */
    private Received receive(String path, Path part, Path target) throws IOException {
        long present = Files.exists(part) ? Files.size(part) : 0;
        HubRequests.Answer answer = requests.get(path, present);
        if (present > 0 && (answer.sha256().isEmpty() || answer.status() == 416)) {
            answer.discard();
            Files.delete(part);
            return receive(path, part, target);
        }
        if (answer.status() != 200 && answer.status() != 206) {
            answer.discard();
            throw refusal(answer.status(), target.getFileName() + " of " + path);
        }
        boolean continued = answer.status() == 206;
        write(answer, part, continued ? present : 0, String.valueOf(target.getFileName()));
        return new Received(answer.sha256(), continued);
    }

    private void write(HubRequests.Answer answer, Path part, long start, String name) throws IOException {
        OptionalLong length = answer.headers().firstValueAsLong("Content-Length");
        OptionalLong total = length.isPresent() ? OptionalLong.of(start + length.getAsLong()) : OptionalLong.empty();
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.truncate(start).position(start);
            answer.read(buffer -> {
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
                progress.at(name, file.position(), total);
            });
            file.force(true);
        }
    }

    private static void check(Received received, Path part, Path target) throws IOException {
        if (received.sha256().isEmpty()) {
            return;
        }
        String expected = received.sha256().get();
        String found = Sha256.of(part);
        if (found.equals(expected)) {
            return;
        }
        Files.delete(part);
        if (received.continued()) {
            throw new IOException("what was there before and what came now don't belong together");
        }
        throw new ModelUnavailableException(
                "%s has sha-256 %s, the hub says %s; it was deleted; try again, or check what is between here and the hub"
                        .formatted(target.getFileName(), found, expected));
    }

    /** Why the hub doesn't give something; an answer that may change by itself is worth another try. */
    static IOException refusal(int status, String what) {
        return switch (status) {
            case 401, 403 ->
                new ModelUnavailableException(
                        "%s is private, gated or not there (status %d); check the name, accept the model's terms on the hub and set HF_TOKEN"
                                .formatted(what, status));
            case 404 -> new ModelUnavailableException(what + " is not there (status 404); check the name");
            case 429 -> new IOException(what + ": the hub asks for patience (status 429)");
            default ->
                status >= 500
                        ? new IOException("%s: the hub has trouble (status %d)".formatted(what, status))
                        : new ModelUnavailableException("%s: the hub answers with status %d".formatted(what, status));
        };
    }
}
