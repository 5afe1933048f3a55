package io.millrace.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.log.TestDirectories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactStoreTest {
    // echo -n hello | sha256sum
    private static final String HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    @TempDir
    Path path;

    private DataDirectory directory;
    private ArtifactStore artifacts;
    private CommitStore commits;

    @BeforeEach
    void open() throws IOException {
        directory = TestDirectories.openWithAdapter(path);
        openStores();
    }

    private void openStores() throws IOException {
        artifacts = new ArtifactStore(directory);
        commits = new CommitStore(
                directory,
                artifacts,
                new RevisionStore(directory, RevisionStore.DEFAULT_KEPT),
                new Settler(Settler.DEFAULT_RETAINED_BYTES),
                TestDirectories.CLOCK);
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

    /** Stores content that a commit names. */
    private Artifact committed(long step, String content) {
        try (ArtifactLease lease = TestArtifacts.write(artifacts, content)) {
            commits.commit(TestArtifacts.commit(step, lease.artifact())).block();
            return lease.artifact();
        }
    }

    private Path file(Artifact artifact) {
        return path.resolve("artifacts")
                .resolve(artifact.sha256().substring(0, 2))
                .resolve(artifact.sha256());
    }

    @Test
    void content_isStoredUnderItsDigest() throws IOException {
        try (ArtifactLease lease = TestArtifacts.write(artifacts, "hello")) {
            assertThat(lease.artifact()).isEqualTo(new Artifact(HELLO, 5));
            assertThat(Files.readString(lease.file())).isEqualTo("hello");
            assertThat(lease.file()).isEqualTo(path.resolve("artifacts/2c/" + HELLO));
        }
    }

    @Test
    void contentLargerThanTheBuffer_isStoredWhole() throws IOException {
        byte[] content = new byte[3 << 20];
        new Random(1).nextBytes(content);

        try (ArtifactLease lease = artifacts.write(out -> {
            out.write(ByteBuffer.wrap(content, 0, 1));
            out.write(ByteBuffer.wrap(content, 1, content.length - 1));
        })) {
            assertThat(Files.readAllBytes(lease.file())).isEqualTo(content);
            assertThat(ArtifactFiles.digest(lease.file()))
                    .isEqualTo(lease.artifact().sha256());
        }
    }

    @Test
    void contentThatThrows_leavesNothing() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> artifacts.write(out -> {
                    out.write(ByteBuffer.wrap(new byte[] {1}));
                    throw new IOException("the source broke");
                }))
                .withMessage("the source broke");

        assertThat(TestArtifacts.files(path, "artifacts")).isEmpty();
    }

    @Test
    void draft_isNoArtifactUntilItIsStored() throws IOException {
        try (ArtifactDraft draft = draft("hello")) {
            assertThat(TestArtifacts.files(path, "artifacts")).noneMatch(Artifact::isDigest);

            artifacts.store(List.of(draft));
            assertThat(draft.artifact()).isEqualTo(new Artifact(HELLO, 5));
        }
        assertThat(TestArtifacts.files(path, "artifacts")).containsExactly(HELLO);
    }

    @Test
    void draftsStoredTogether_areKeptUntilEachIsClosed() throws IOException {
        try (ArtifactDraft hello = draft("hello");
                ArtifactDraft same = draft("hello");
                ArtifactDraft other = draft("other")) {
            artifacts.store(List.of(hello, same, other));

            same.close();
            artifacts.collect();
            assertThat(TestArtifacts.files(path, "artifacts"))
                    .containsExactlyInAnyOrder(HELLO, other.artifact().sha256());
        }
        artifacts.collect();
        assertThat(TestArtifacts.files(path, "artifacts")).isEmpty();
    }

    @Test
    void draftsOfWhichOneCantBeStored_areStoredWhenTriedAgain() throws IOException {
        try (ArtifactDraft other = draft("other");
                ArtifactDraft hello = draft("hello")) {
            Path folderTaken = Files.writeString(path.resolve("artifacts/2c"), "a file where a folder is to be");
            assertThatExceptionOfType(StorageException.Failed.class)
                    .isThrownBy(() -> artifacts.store(List.of(other, hello)));
            Files.delete(folderTaken);

            artifacts.store(List.of(other, hello));

            assertThat(TestArtifacts.files(path, "artifacts"))
                    .containsExactlyInAnyOrder(HELLO, other.artifact().sha256());
        }
    }

    @Test
    void failedSync_fencesAllWrites() throws IOException {
        try (ArtifactDraft draft = draft("hello");
                ArtifactDraft lost = draft("other")) {
            Files.delete(lost.file());

            assertThatExceptionOfType(StorageException.Failed.class)
                    .isThrownBy(() -> artifacts.store(List.of(draft, lost)));
        }

        assertThat(directory.database().failure().blockOptional(Duration.ofSeconds(5)))
                .isPresent();
    }

    @Test
    void draftClosedBeforeItIsStored_leavesNothing() throws IOException {
        draft("hello").close();

        assertThat(TestArtifacts.files(path, "artifacts")).isEmpty();
    }

    private ArtifactDraft draft(String content) throws IOException {
        return artifacts.draft(out -> out.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void artifactThatNothingNames_isUnknown() {
        try (ArtifactLease lease = TestArtifacts.write(artifacts, "hello")) {
            assertThat(artifacts.open(lease.artifact().sha256())).isEqualTo(new OpenedArtifact.Unknown(HELLO));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> artifacts.open("../../etc/passwd"))
                .withMessageContaining("64 lower-case hexadecimal digits");
    }

    @Test
    void fault19_filesOfACrash_areCollectedAtStartAndNamedOnesKept() throws IOException {
        Artifact kept = committed(1, "kept");
        TestArtifacts.write(artifacts, "written, but the commit never came").close();
        Files.writeString(path.resolve("artifacts/incoming/artifact1.tmp"), "half of a fi");

        reopen();

        assertThat(TestArtifacts.files(path, "artifacts")).containsExactly(kept.sha256());
    }

    @Test
    void fault23_bitRot_isFoundOnReadingAndQuarantined() throws IOException {
        Artifact artifact = committed(1, "hello");
        Files.writeString(file(artifact), "jello");

        OpenedArtifact opened = artifacts.open(HELLO);

        assertThat(opened).isInstanceOf(OpenedArtifact.Damaged.class);
        assertThat(TestArtifacts.files(path, "artifacts")).isEmpty();
        assertThat(TestArtifacts.files(path, "quarantine")).containsExactly(HELLO);
        assertThat(artifacts.open(HELLO)).isInstanceOf(OpenedArtifact.Damaged.class);
    }

    @Test
    void fault23_damageAfterAGoodRead_isFoundToo() throws IOException {
        Artifact artifact = committed(1, "hello");
        ((OpenedArtifact.Intact) artifacts.open(HELLO)).lease().close();
        Files.writeString(file(artifact), "hell");

        assertThat(artifacts.open(HELLO)).isInstanceOf(OpenedArtifact.Damaged.class);
    }

    @Test
    void quarantinedContentWrittenAgain_isServedAgain() throws IOException {
        Files.writeString(file(committed(1, "hello")), "jello");
        artifacts.open(HELLO);

        TestArtifacts.write(artifacts, "hello").close();

        assertThat(artifacts.open(HELLO)).isInstanceOf(OpenedArtifact.Intact.class);
    }

    @Test
    void fault26_artifactBeingRead_isKeptUntilTheReaderIsDone() throws IOException {
        Artifact artifact = committed(1, "hello");
        ArtifactLease reading = ((OpenedArtifact.Intact) artifacts.open(HELLO)).lease();
        ArtifactLease readingToo = ((OpenedArtifact.Intact) artifacts.open(HELLO)).lease();

        committed(2, "second");
        committed(3, "third");
        assertThat(Files.readString(reading.file())).isEqualTo("hello");
        reading.close();
        reading.close();
        committed(4, "fourth");
        assertThat(file(artifact)).exists();
        readingToo.close();
        committed(5, "fifth");

        assertThat(file(artifact)).doesNotExist();
    }

    @Test
    void artifactsOfADeletedAdapter_areCollectedButSharedOnesKept() throws IOException {
        Artifact shared = committed(1, "shared");
        committed(2, "own");
        AdapterName other = AdapterName.parse("tenants/t/adapters/other");
        TestDirectories.adapters(directory)
                .create(other, "{}", Optional.empty())
                .block();
        commits.commit(new Commit(other, 1, List.of(shared.named("training-state")), Settlement.NONE, "{}"))
                .block();

        TestDirectories.adapters(directory)
                .delete(TestDirectories.ADAPTER, Optional.empty())
                .block();
        artifacts.collect();

        assertThat(TestArtifacts.files(path, "artifacts")).containsExactly(shared.sha256());
    }
}
