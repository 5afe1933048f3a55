package io.millrace.trainer.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Content in a file that has no name yet and may not be durable: {@link ArtifactStore#store} makes an artifact of it. */
public final class ArtifactDraft implements AutoCloseable {
    private final Path file;

    ArtifactDraft(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /** Discards the file, unless it was stored. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
