package io.millrace.trainer.checkpoint;

import static io.millrace.trainer.log.TestDirectories.ADAPTER;
import static io.millrace.trainer.log.TestDirectories.STREAM;
import static io.millrace.trainer.log.TestDirectories.examples;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.trainer.log.AppendOutcome;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.DataDirectoryException;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.LoggedExample;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.StreamState;
import io.millrace.trainer.log.TestDirectories;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process of its own, {@link CrashingTrainer}, is killed again and again at points that chance chooses. */
class CrashTest {
    private static final int KILLS = 6;

    @TempDir
    Path path;

    private final Random random = new Random(20260102);

    /** What the processes said last, and so must be true after every kill. */
    private final Map<String, Long> acknowledged = new HashMap<>();

    @Test
    void fault17_fault18_fault19_killedAnywhere_losesNothingAcknowledgedAndStoresNothingTwice()
            throws IOException, InterruptedException {
        for (int i = 0; i < KILLS; i++) {
            runAndKill();
            try (DataDirectory directory = TestDirectories.open(path)) {
                assertLogIsWhole(directory);
                assertCheckpointsAreWhole(directory);
            }
        }
        assertThat(acknowledged.get("committed")).isGreaterThan(KILLS);
    }

    @Test
    void fault39_directoryOfALivingProcess_isRefusedAndOpensOnceItIsDead() throws IOException, InterruptedException {
        Process process = start();
        try (BufferedReader said = process.inputReader()) {
            assertThat(said.readLine()).startsWith("started");

            assertThatExceptionOfType(DataDirectoryException.Locked.class)
                    .isThrownBy(() -> TestDirectories.open(path))
                    .withMessageContaining("process " + process.pid());
        } finally {
            process.destroyForcibly().waitFor();
        }

        TestDirectories.open(path).close();
    }

    private void runAndKill() throws IOException, InterruptedException {
        Process process = start();
        try (BufferedReader said = process.inputReader()) {
            int lines = 5 + random.nextInt(150);
            for (int i = 0; i < lines; i++) {
                String line = said.readLine();
                assertThat(line).as("the process ended by itself").isNotNull();
                note(line);
            }
            process.toHandle().destroyForcibly(); // the process's own method would close what it said
            // What it had said before it died counts too; the last line may be cut off.
            String line = said.readLine();
            for (String next = said.readLine(); line != null && next != null; next = said.readLine()) {
                note(line);
                line = next;
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private void note(String line) {
        String[] words = line.split(" ", -1);
        acknowledged.put(words[0], Long.parseLong(words[1]));
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrashingTrainer.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void assertLogIsWhole(DataDirectory directory) {
        ExampleLog log = TestDirectories.log(directory);
        StreamState stream = log.stream(STREAM).orElseThrow();
        int next = (int) stream.nextOffset();
        List<LoggedExample> stored = log.read(ADAPTER, 0, Integer.MAX_VALUE, Long.MAX_VALUE);

        assertThat(stream.nextOffset()).isGreaterThanOrEqualTo(acknowledged.getOrDefault("appended", 0L));
        assertThat(stored).extracting(LoggedExample::example).isEqualTo(examples(0, next));
        assertThat(stored)
                .extracting(LoggedExample::offset)
                .containsExactlyElementsOf(LongStream.range(0, next).boxed().toList());
        // A client that had no answer sends its last append again.
        if (next >= 7) {
            assertThat(log.append(STREAM, next - 7, examples(next - 7, next + 3))
                            .block())
                    .isEqualTo(new AppendOutcome.Appended(next - 7, 10, next + 3, log.room(ADAPTER)));
        }
    }

    private void assertCheckpointsAreWhole(DataDirectory directory) throws IOException {
        ArtifactStore artifacts = new ArtifactStore(directory);
        RevisionStore revisions = new RevisionStore(directory, 1000);
        CommitStore commits = new CommitStore(
                directory, artifacts, revisions, new Settler(Settler.DEFAULT_RETAINED_BYTES), TestDirectories.CLOCK);
        List<Revision> published = revisions.list(ADAPTER, Long.MAX_VALUE, 1000);
        long latest = published.size();

        assertThat(latest).isGreaterThanOrEqualTo(acknowledged.getOrDefault("published", 0L));
        assertThat(published)
                .extracting(Revision::number)
                .containsExactlyElementsOf(LongStream.iterate(latest, number -> number - 1)
                        .limit(latest)
                        .boxed()
                        .toList());
        long step = commits.latest(ADAPTER).map(Commit::step).orElse(0L);
        assertThat(step).isGreaterThanOrEqualTo(acknowledged.getOrDefault("committed", 0L));
        assertThat(latest).isEqualTo((step + 1) / 2);
        assertThat(TestArtifacts.files(path, "artifacts")).containsExactlyInAnyOrderElementsOf(named(published, step));
        for (Revision revision : published) {
            assertThat(artifacts.open(
                            revision.manifest().files().get(0).content().sha256()))
                    .isInstanceOf(OpenedArtifact.Intact.class);
        }
    }

    /** The digests of all revisions' weights and of the newest two training states. */
    private static Set<String> named(List<Revision> published, long step) {
        Set<String> digests = new HashSet<>();
        published.forEach(revision -> revision.manifest()
                .files()
                .forEach(file -> digests.add(file.content().sha256())));
        for (long state = Math.max(1, step - 1); state <= step; state++) {
            digests.add(TestArtifacts.digest("state " + state));
        }
        return digests;
    }
}
