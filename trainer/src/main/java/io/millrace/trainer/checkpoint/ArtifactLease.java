package io.millrace.trainer.checkpoint;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Keeps an artifact's file from being collected until it is closed. The file is only to be read. */
public final class ArtifactLease implements AutoCloseable {
    private final Artifact artifact;
    private final Path file;
    private final Runnable release;
    private final AtomicBoolean open = new AtomicBoolean(true);

    ArtifactLease(Artifact artifact, Path file, Runnable release) {
        this.artifact = artifact;
        this.file = file;
        this.release = release;
    }

    public Artifact artifact() {
        return artifact;
    }

    public Path file() {
        return file;
    }

    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            release.run();
        }
    }
}
