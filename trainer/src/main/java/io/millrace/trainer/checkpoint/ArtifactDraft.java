package io.millrace.trainer.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Content in a file that has no name yet and may not be durable: {@link ArtifactStore#store} makes an artifact of it, which is
 * kept until this is closed or a commit names it. Belongs to one thread at a time.
 */
public final class ArtifactDraft implements AutoCloseable {
    private final Path file;
    private Optional<ArtifactLease> stored = Optional.empty();

    ArtifactDraft(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    Optional<ArtifactLease> stored() {
        return stored;
    }

    void storedAs(ArtifactLease lease) {
        stored = Optional.of(lease);
    }

    /** @throws IllegalStateException if it isn't stored */
    public Artifact artifact() {
        return stored.map(ArtifactLease::artifact)
                .orElseThrow(() -> new IllegalStateException("%s is not stored yet".formatted(file)));
    }

    /** Discards the file, or lets go of what was stored. */
    @Override
    public void close() {
        stored.ifPresent(ArtifactLease::close);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
