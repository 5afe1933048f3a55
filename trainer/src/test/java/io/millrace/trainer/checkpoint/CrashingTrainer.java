package io.millrace.trainer.checkpoint;

import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.Settler;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.log.StreamState;
import io.millrace.trainer.log.TestDirectories;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process that appends, commits and publishes as fast as it can until it is killed. After each of these has been
 * acknowledged, it says so: {@code appended <next offset>}, {@code committed <step>}, {@code published <revision>}.
 */
final class CrashingTrainer {
    private final ExampleLog log;
    private final ArtifactStore artifacts;
    private final CommitStore commits;

    private CrashingTrainer(DataDirectory directory) throws IOException {
        log = TestDirectories.log(directory);
        artifacts = new ArtifactStore(directory);
        commits = new CommitStore(
                directory,
                artifacts,
                new RevisionStore(directory, 1000),
                new Settler(Settler.DEFAULT_RETAINED_BYTES),
                TestDirectories.CLOCK);
    }

    public static void main(String[] arguments) throws IOException {
        try (DataDirectory directory = TestDirectories.openWithAdapter(Path.of(arguments[0]))) {
            new CrashingTrainer(directory).run();
        }
    }

    private void run() {
        long offset =
                log.stream(TestDirectories.STREAM).map(StreamState::nextOffset).orElse(0L);
        long step = commits.latest(TestDirectories.ADAPTER).map(Commit::step).orElse(0L);
        say("started", offset);
        while (true) {
            for (int i = 0; i < 3; i++) {
                long next = offset + 7;
                log.append(TestDirectories.STREAM, offset, TestDirectories.examples((int) offset, (int) next))
                        .block();
                offset = next;
                say("appended", offset);
            }
            step++;
            settle(step, offset);
        }
    }

    private void settle(long step, long through) {
        try (ArtifactLease state = TestArtifacts.write(artifacts, "state " + step);
                ArtifactLease weights = TestArtifacts.write(artifacts, "weights " + step)) {
            Commit commit = commit(step, through, state.artifact());
            if (step % 2 == 0) {
                commits.commit(commit).block();
            } else {
                Optional<Revision> revision = commits.publish(commit, TestArtifacts.revision(weights.artifact()))
                        .blockOptional();
                say("published", revision.orElseThrow().number());
            }
            say("committed", step);
        }
    }

    private Commit commit(long step, long through, Artifact state) {
        // One stream in one adapter: its examples have the seqs from 1 on.
        Settlement settlement = new Settlement(
                through, List.of(), Map.of(TestDirectories.STREAM, new StreamProgress(through, through, 0, 0, 0)));
        return new Commit(TestDirectories.ADAPTER, step, List.of(state.named("training-state")), settlement, "{}");
    }

    private static void say(String what, long number) {
        System.out.println(what + " " + number);
        System.out.flush();
    }
}
