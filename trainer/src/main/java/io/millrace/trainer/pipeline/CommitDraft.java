package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.ArtifactContent;
import io.millrace.trainer.checkpoint.ArtifactDraft;
import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A commit's files as they were written between two steps, and then stored while training goes on. It holds no weights in
 * memory. Closing it discards what wasn't stored, and lets go of what was.
 */
final class CommitDraft implements AutoCloseable {
    private final CommitRequest request;
    private final ArtifactStore artifacts;
    private final Map<String, ArtifactDraft> drafts = new LinkedHashMap<>();

    CommitDraft(CommitRequest request, ArtifactStore artifacts) {
        this.request = request;
        this.artifacts = artifacts;
    }

    CommitRequest request() {
        return request;
    }

    void write(String name, ArtifactContent content) {
        try {
            drafts.put(name, artifacts.draft(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hashes the files and makes them durable, unless that was done. */
    void store() {
        artifacts.store(List.copyOf(drafts.values()));
    }

    /** One of the files that were stored. */
    ArtifactFile file(String name) {
        return Objects.requireNonNull(drafts.get(name), name).artifact().named(name);
    }

    @Override
    public void close() {
        drafts.values().forEach(ArtifactDraft::close);
    }
}
