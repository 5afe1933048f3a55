package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.AdapterGoneException;
import io.millrace.trainer.log.AdapterRows;
import io.millrace.trainer.log.BatchJournal;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Session;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.StorageException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Commits: a training state and all that belongs to it, in one transaction. The newest two of an adapter are kept, with
 * the journal and the examples since the older one, so that a run can fall back to it and repeat the same steps.
 *
 * <p>Commits fail with {@link AdapterGoneException} when the adapter was deleted, with
 * IllegalArgumentException when a file is not in the artifact store or more is settled than was appended, and with a
 * {@link StorageException}.
 */
public final class CommitStore {
    private static final Logger LOG = LoggerFactory.getLogger(CommitStore.class);

    /** What a transaction made, and what may be collected now. */
    private record Stored(Optional<Revision> revision, List<String> unnamed) {}

    private final DataDirectory directory;
    private final ArtifactStore artifacts;
    private final RevisionStore revisions;
    private final Settler settler;
    private final Clock clock;

    public CommitStore(
            DataDirectory directory, ArtifactStore artifacts, RevisionStore revisions, Settler settler, Clock clock) {
        this.directory = directory;
        this.artifacts = artifacts;
        this.revisions = revisions;
        this.settler = settler;
        this.clock = clock;
    }

    /** Stores a commit, and completes when it is durable. The caller holds a lease on each of its files until then. */
    public Mono<Void> commit(Commit commit) {
        return store(commit, Optional.empty()).then();
    }

    /** Stores a commit and publishes a revision with it, both or neither. The revision gets the next number. */
    public Mono<Revision> publish(Commit commit, NewRevision revision) {
        return store(commit, Optional.of(revision))
                .map(stored -> stored.revision().orElseThrow());
    }

    private Mono<Stored> store(Commit commit, Optional<NewRevision> revision) {
        return Mono.fromRunnable(() -> {
                    commit.files().forEach(this::requirePresent);
                    revision.ifPresent(made -> made.files().forEach(this::requirePresent));
                })
                .subscribeOn(directory.database().reads())
                .then(directory
                        .database()
                        .write(
                                session -> store(session, commit, revision),
                                stored -> stored.revision().ifPresent(made -> revisions.announce(commit.adapter()))))
                .publishOn(directory.database().reads())
                .doOnNext(stored -> collect(stored.unnamed()));
    }

    private void requirePresent(ArtifactFile file) {
        if (!artifacts.isPresent(file.content())) {
            throw new IllegalArgumentException("%s (%s) is not in the artifact store; write it, and keep its lease"
                    .formatted(file.name(), file.content().sha256()));
        }
    }

    private Stored store(Session session, Commit commit, Optional<NewRevision> revision) throws SQLException {
        long adapterId = AdapterRows.requireId(session, commit.adapter());
        Instant now = clock.instant();
        List<CommitRows.Stored> earlier = CommitRows.of(session, commit.adapter());
        List<String> unnamed = new ArrayList<>();
        for (CommitRows.Stored old : earlier.subList(Math.min(1, earlier.size()), earlier.size())) {
            CommitRows.delete(session, old);
            old.commit().files().forEach(file -> unnamed.add(file.content().sha256()));
        }
        CommitRows.insert(session, adapterId, commit, now);
        Optional<Commit> fallback =
                earlier.stream().map(CommitRows.Stored::commit).findFirst();
        settler.settle(
                session,
                adapterId,
                commit.settlement(),
                fallback.map(older -> older.settlement().throughSeq()).orElse(0L));
        if (fallback.isPresent()) {
            BatchJournal.forget(session, adapterId, fallback.get().step());
        }
        if (revision.isEmpty()) {
            return new Stored(Optional.empty(), unnamed);
        }
        long number = RevisionRows.span(session, adapterId).latest() + 1;
        Revision published = new Revision(commit.adapter(), number, revision.get(), now);
        RevisionRows.insert(session, adapterId, published);
        unnamed.addAll(revisions.compact(session, adapterId, number));
        return new Stored(Optional.of(published), unnamed);
    }

    private void collect(List<String> digests) {
        try {
            artifacts.collect(digests);
        } catch (IOException | StorageException e) {
            LOG.warn("files that are not needed any more could not be removed; the next start tries again", e);
        }
    }

    /**
     * The newest commit whose files are intact; absent: there is none yet. When a newer one is damaged, it is forgotten:
     * what it settled is unsettled again, and the journal has the batches since the older one. Blocks.
     *
     * @throws DamagedStateException if there are commits, but none is intact
     */
    public Optional<Commit> latest(AdapterName adapter) {
        List<CommitRows.Stored> commits = directory.database().read(session -> CommitRows.of(session, adapter));
        for (int i = 0; i < commits.size(); i++) {
            Commit commit = commits.get(i).commit();
            if (isIntact(commit)) {
                if (i > 0) {
                    fallBack(commits.subList(0, i), commit);
                }
                return Optional.of(commit);
            }
            LOG.error("the commit of {} at step {} is damaged", adapter, commit.step());
        }
        if (commits.isEmpty()) {
            return Optional.empty();
        }
        throw new DamagedStateException(adapter);
    }

    private boolean isIntact(Commit commit) {
        boolean intact = true;
        for (ArtifactFile file : commit.files()) {
            if (artifacts.open(file.content().sha256()) instanceof OpenedArtifact.Intact opened) {
                opened.lease().close();
            } else {
                intact = false;
            }
        }
        return intact;
    }

    private void fallBack(List<CommitRows.Stored> damaged, Commit to) {
        directory
                .database()
                .write(session -> {
                    for (CommitRows.Stored commit : damaged) {
                        CommitRows.delete(session, commit);
                    }
                    settler.restore(session, AdapterRows.requireId(session, to.adapter()), to.settlement());
                    return true;
                })
                .block();
    }
}
