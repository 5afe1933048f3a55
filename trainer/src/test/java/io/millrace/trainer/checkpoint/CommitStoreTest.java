package io.millrace.trainer.checkpoint;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static io.millrace.trainer.log.TestDirectories.examples;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.log.AdapterGoneException;
import io.millrace.trainer.log.BatchJournal;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.SqliteExampleLog;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.log.StreamState;
import io.millrace.trainer.log.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.StepVerifier;

class CommitStoreTest {
    @TempDir
    Path path;

    private DataDirectory directory;
    private SqliteExampleLog log;
    private BatchJournal journal;
    private ArtifactStore artifacts;
    private RevisionStore revisions;
    private CommitStore commits;

    @BeforeEach
    void open() throws IOException {
        directory = TestDirectories.openWithAdapter(path);
        openStores();
        for (int i = 0; i < 10; i++) {
            log.append(STREAM, i, examples(i, i + 1)).block();
        }
    }

    private void openStores() throws IOException {
        log = TestDirectories.log(directory);
        journal = new BatchJournal(directory);
        artifacts = new ArtifactStore(directory);
        revisions = new RevisionStore(directory, RevisionStore.DEFAULT_KEPT);
        commits = new CommitStore(directory, artifacts, revisions, new Settler(0), TestDirectories.CLOCK);
    }

    private void reopen() throws IOException {
        directory.close();
        directory = TestDirectories.open(path);
        openStores();
    }

    @AfterEach
    void close() {
        directory.close();
    }

    /** A step that trained on as many examples as its number says. */
    private Commit commit(long step, Artifact state) {
        Settlement settlement =
                new Settlement(step, List.of(step + 2), Map.of(STREAM, new StreamProgress(step, step, 1, 0, 0)));
        return new Commit(ADAPTER, step, List.of(state.named("training-state")), settlement, "{\"rate\":0.001}");
    }

    private Commit committed(long step) {
        journal.record(ADAPTER, step, "batch " + step).block();
        try (ArtifactLease state = TestArtifacts.write(artifacts, "state " + step)) {
            Commit commit = commit(step, state.artifact());
            commits.commit(commit).block();
            return commit;
        }
    }

    private void damage(Commit commit) throws IOException {
        String sha256 = commit.files().get(0).content().sha256();
        Files.writeString(
                path.resolve("artifacts").resolve(sha256.substring(0, 2)).resolve(sha256), "zeros");
    }

    @Test
    void commit_comesBackWholeAfterARestart() throws IOException {
        assertThat(commits.latest(ADAPTER)).isEmpty();
        committed(1);
        Commit newest = committed(2);

        reopen();

        assertThat(commits.latest(ADAPTER)).contains(newest);
        assertThat(log.stream(STREAM)).contains(new StreamState(STREAM, 10, new StreamProgress(2, 2, 1, 0, 0)));
    }

    @Test
    void commit_keepsTwoStatesAndTheJournalAndExamplesSinceTheOlder() {
        committed(1);
        committed(2);
        Commit third = committed(3);

        assertThat(TestArtifacts.files(path, "artifacts")).hasSize(2);
        assertThat(journal.after(ADAPTER, 0))
                .extracting(BatchJournal.Entry::step)
                .containsExactly(3L);
        assertThat(log.read(ADAPTER, 0, 1, 1))
                .singleElement()
                .satisfies(oldest -> assertThat(oldest.seq()).isEqualTo(3));
        assertThat(commits.latest(ADAPTER)).contains(third);
    }

    @Test
    void fault20_damagedNewestCommit_fallsBackToTheOneBefore() throws IOException {
        committed(1);
        Commit second = committed(2);
        Commit third = committed(3);
        damage(third);

        reopen();

        assertThat(commits.latest(ADAPTER)).contains(second);
        assertThat(log.stream(STREAM)).contains(new StreamState(STREAM, 10, new StreamProgress(2, 2, 1, 0, 0)));
        assertThat(journal.after(ADAPTER, 2)).containsExactly(new BatchJournal.Entry(3, "batch 3"));
        assertThat(log.read(ADAPTER, 2, 100, Long.MAX_VALUE)).hasSize(8);
        Commit again = committed(3);
        assertThat(commits.latest(ADAPTER)).contains(again);
    }

    @Test
    void fault20_bothCommitsDamaged_isAnErrorAndNoFreshStart() throws IOException {
        damage(committed(1));
        damage(committed(2));

        reopen();

        assertThatExceptionOfType(DamagedStateException.class)
                .isThrownBy(() -> commits.latest(ADAPTER))
                .withMessageContaining(ADAPTER.toString());
    }

    @Test
    void fileThatWasNeverWritten_isRefused() {
        Artifact missing = new Artifact("0".repeat(64), 3);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> commits.commit(commit(1, missing)).block())
                .withMessageContaining("training-state");
    }

    @Test
    void publication_andItsCommitAreBothOrNeither() {
        try (ArtifactLease state = TestArtifacts.write(artifacts, "state")) {
            Commit impossible = new Commit(
                    ADAPTER,
                    1,
                    List.of(),
                    new Settlement(1, List.of(), Map.of(STREAM, new StreamProgress(11, 11, 0, 0, 0))),
                    "{}");
            NewRevision revision = TestArtifacts.revision(state.artifact());

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> commits.publish(impossible, revision).block());
            assertThat(revisions.latest(ADAPTER)).isEmpty();
            assertThat(commits.latest(ADAPTER)).isEmpty();

            Revision published = commits.publish(commit(1, state.artifact()), revision)
                    .blockOptional()
                    .orElseThrow();
            assertThat(published).isEqualTo(new Revision(ADAPTER, 1, revision, TestDirectories.CLOCK.instant()));
            assertThat(revisions.get(ADAPTER, 1)).contains(published);
        }
    }

    @Test
    void commitForADeletedAdapter_isRefused() {
        try (ArtifactLease state = TestArtifacts.write(artifacts, "state")) {
            TestDirectories.adapters(directory)
                    .delete(ADAPTER, Optional.empty())
                    .block();

            StepVerifier.create(commits.commit(commit(1, state.artifact()))).verifyError(AdapterGoneException.class);
        }
    }
}
