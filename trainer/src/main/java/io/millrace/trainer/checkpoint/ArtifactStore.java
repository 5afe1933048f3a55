package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files named by the SHA-256 of their content, {@code artifacts/ab/ab12…}. A file appears under its name only when it is
 * complete and durable, and stays as long as a commit or a revision names it or a lease is open. All methods block on the
 * disk: they belong on {@link io.millrace.trainer.log.Database#reads()} or a thread of one's own.
 */
public final class ArtifactStore {
    private static final Logger LOG = LoggerFactory.getLogger(ArtifactStore.class);

    /** How a file looked when its digest was last checked. */
    private record Checked(long size, FileTime modified) {}

    private final DataDirectory directory;
    private final ArtifactFiles files;

    // Guarded by this.
    private final Map<String, Integer> leases = new HashMap<>();
    private final Map<String, Checked> checked = new HashMap<>();
    private final Set<String> candidates = new HashSet<>();

    /**
     * Opens the store and removes what a crash left behind: unfinished files, and finished ones that nothing names.
     *
     * @throws IOException if its folders can't be created or read
     */
    public ArtifactStore(DataDirectory directory) throws IOException {
        this.directory = directory;
        this.files = new ArtifactFiles(directory.path());
        files.deleteTemporaries();
        collect();
    }

    /**
     * Writes content to a file without making an artifact of it, which takes little more than copying it in memory.
     *
     * @throws IOException if the content throws it
     * @throws StorageException.Full if the disk is full
     * @throws StorageException.Failed if the disk has failed: nothing can be written any more
     */
    public ArtifactDraft draft(ArtifactContent content) throws IOException {
        return fencing(() -> {
            ArtifactDraft draft = new ArtifactDraft(files.temporary());
            try (DraftChannel out = new DraftChannel(draft.file())) {
                content.writeTo(out);
                return draft;
            } catch (IOException | RuntimeException e) {
                draft.close();
                throw e;
            }
        });
    }

    /**
     * Hashes drafts, makes them durable, and gives them their names. Their contents are synced side by side, while they are
     * hashed, and their names together: so a file system's journal is written once for all. Drafts that failed to be stored
     * may be tried again; those that were stored stay as they are. Not for a thread of
     * {@link io.millrace.trainer.log.Database#reads()}, where the syncs run.
     *
     * @throws StorageException.Full if the disk is full
     * @throws StorageException.Failed if the disk has failed: nothing can be written any more
     */
    public void store(List<ArtifactDraft> drafts) {
        fencing(() -> {
            List<ArtifactDraft> unstored =
                    drafts.stream().filter(draft -> draft.stored().isEmpty()).toList();
            List<Artifact> artifacts =
                    finish(unstored.stream().map(ArtifactDraft::file).toList());
            for (int i = 0; i < unstored.size(); i++) {
                unstored.get(i).storedAs(name(unstored.get(i).file(), artifacts.get(i)));
            }
            files.syncNames(drafts.stream().map(ArtifactDraft::artifact).toList());
            drafts.forEach(this::remember);
            return true;
        });
    }

    /** Makes contents durable and says what they are. A failed sync fences by itself, whatever else fails. */
    private List<Artifact> finish(List<Path> temporaries) {
        CompletableFuture<?>[] synced = temporaries.stream()
                .map(file -> CompletableFuture.runAsync(
                        () -> fencing(() -> {
                            ArtifactFiles.sync(file);
                            return true;
                        }),
                        directory.database().reads()::schedule))
                .toArray(CompletableFuture<?>[]::new);
        try {
            return temporaries.stream().map(ArtifactFiles::read).toList();
        } finally {
            join(CompletableFuture.allOf(synced));
        }
    }

    private static void join(CompletableFuture<Void> all) {
        try {
            all.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Stores content at once; fails as {@link #draft} and {@link #store} do. The lease keeps it until a commit names it. */
    public ArtifactLease write(ArtifactContent content) throws IOException {
        try (ArtifactDraft draft = draft(content)) {
            store(List.of(draft));
            return lease(draft.artifact());
        }
    }

    private interface Writing<T, X extends Exception> {
        T run() throws X;
    }

    private <T, X extends Exception> T fencing(Writing<T, X> writing) throws X {
        try {
            return writing.run();
        } catch (StorageException.Failed e) {
            directory.database().fence(e);
            throw e;
        }
    }

    private ArtifactLease name(Path temporary, Artifact artifact) {
        ArtifactLease lease = lease(artifact);
        try {
            files.name(temporary, artifact);
            return lease;
        } catch (StorageException e) {
            lease.close();
            throw e;
        }
    }

    private void remember(ArtifactDraft stored) {
        Path file = files.path(stored.artifact().sha256());
        try {
            Checked now = checkedNow(file);
            synchronized (this) {
                candidates.add(stored.artifact().sha256());
                checked.put(stored.artifact().sha256(), now);
            }
        } catch (IOException e) {
            throw StorageException.of(file, e);
        }
    }

    /**
     * Opens an artifact that a commit or a revision names, and checks its content: when it is first opened in this process,
     * unless it was stored by it, and whenever the file has changed.
     *
     * @throws IllegalArgumentException if it is no digest
     */
    public OpenedArtifact open(String sha256) {
        Artifact.requireDigest(sha256);
        ArtifactLease lease;
        synchronized (this) {
            if (!isNamed(sha256)) {
                return new OpenedArtifact.Unknown(sha256);
            }
            if (Files.notExists(files.path(sha256))) {
                return new OpenedArtifact.Damaged(sha256, "its file is missing");
            }
            lease = lease(new Artifact(sha256, files.path(sha256).toFile().length()));
        }
        try {
            if (isIntact(sha256)) {
                return new OpenedArtifact.Intact(lease);
            }
            files.quarantine(sha256);
            LOG.error("artifact {} is damaged; its file was moved to quarantine", sha256);
            lease.close();
            return new OpenedArtifact.Damaged(sha256, "its content has another digest");
        } catch (IOException e) {
            lease.close();
            return new OpenedArtifact.Damaged(sha256, "its file can't be read: " + e.getMessage());
        }
    }

    private boolean isIntact(String sha256) throws IOException {
        Path file = files.path(sha256);
        Checked now = checkedNow(file);
        synchronized (this) {
            if (now.equals(checked.get(sha256))) {
                return true;
            }
        }
        boolean intact = ArtifactFiles.digest(file).equals(sha256);
        synchronized (this) {
            if (intact) {
                checked.put(sha256, now);
            } else {
                checked.remove(sha256);
            }
        }
        return intact;
    }

    private static Checked checkedNow(Path file) throws IOException {
        return new Checked(Files.size(file), Files.getLastModifiedTime(file));
    }

    /** Whether the file is there in full; its content is not looked at. */
    boolean isPresent(Artifact artifact) {
        Path file = files.path(artifact.sha256());
        return Files.exists(file) && file.toFile().length() == artifact.size();
    }

    /** Removes every artifact that nothing names and nobody holds, such as those of a deleted adapter. */
    public void collect() throws IOException {
        collect(files.digests());
    }

    /** Removes those of the artifacts, and of the ones that couldn't be removed before, that nothing names and nobody holds. */
    synchronized void collect(Collection<String> digests) throws IOException {
        candidates.addAll(digests);
        for (String sha256 : List.copyOf(candidates)) {
            if (leases.containsKey(sha256)) {
                continue; // stays a candidate
            }
            if (!isNamed(sha256)) {
                files.delete(sha256);
                checked.remove(sha256);
            }
            candidates.remove(sha256);
        }
    }

    /*
     * Nothing unleased can become named in between: commits name only what their caller holds a lease on, so while the
     * lock is held and there is no lease, the answer stands.
     */
    private boolean isNamed(String sha256) {
        return directory
                .database()
                .read(session -> session.first("""
                        SELECT 1 FROM commit_file WHERE sha256 = ?1
                        UNION ALL SELECT 1 FROM revision_file WHERE sha256 = ?1""", row -> true, sha256))
                .isPresent();
    }

    private synchronized ArtifactLease lease(Artifact artifact) {
        leases.merge(artifact.sha256(), 1, Integer::sum);
        return new ArtifactLease(artifact, files.path(artifact.sha256()), () -> release(artifact.sha256()));
    }

    private synchronized void release(String sha256) {
        leases.computeIfPresent(sha256, (digest, count) -> count == 1 ? null : count - 1);
    }
}
