package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.CommitStore;
import io.millrace.trainer.checkpoint.NewRevision;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.step.Phase;
import io.millrace.trainer.step.TrainingState;
import io.millrace.trainer.step.TrainingStateFile;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** Writes an adapter's commits: files first, then the one transaction that names them. */
final class Committer {
    private static final String STATE_FILE = "training_state.safetensors";

    private final AdapterName adapter;
    private final AdapterConfig config;
    private final Adaptation adaptation;
    private final BaseIdentity base;
    private final ArtifactStore artifacts;
    private final CommitStore commits;
    private long revision;

    /** @param revision the newest published one; 0: none yet */
    Committer(
            AdapterName adapter,
            AdapterConfig config,
            Adaptation adaptation,
            BaseIdentity base,
            ArtifactStore artifacts,
            CommitStore commits,
            long revision) {
        this.adapter = adapter;
        this.config = config;
        this.adaptation = adaptation;
        this.base = base;
        this.artifacts = artifacts;
        this.commits = commits;
        this.revision = revision;
    }

    /**
     * Writes the files, straight from where the state lies and without making them durable: so that a step may follow soon.
     *
     * @throws io.millrace.trainer.log.StorageException if the disk is full or has failed
     */
    CommitDraft draft(CommitRequest request, TrainingState state) {
        CommitDraft draft = new CommitDraft(request, artifacts);
        try (Phase phase = Phase.begin(Phase.Kind.DRAFT)) {
            draft.write(STATE_FILE, out -> TrainingStateFile.write(out, state));
            if (request.publication().isPresent()) {
                byte[] configFile = adaptation.configFile(Optional.of(base.hubName()));
                draft.write(PeftFolder.CONFIG_FILE, out -> out.write(ByteBuffer.wrap(configFile)));
                TrainedAdapter average = new TrainedAdapter(adaptation, state.average());
                draft.write(PeftFolder.WEIGHTS_FILE, out -> AdapterFolder.writeWeights(average, out));
            }
            return draft;
        } catch (RuntimeException e) {
            draft.close();
            throw e;
        }
    }

    /** Blocks while it makes the files durable; completes when the commit is. May be tried again when it failed. */
    Mono<CommitEvent> commit(CommitDraft draft) {
        return Mono.using(() -> Phase.begin(Phase.Kind.COMMIT), phase -> store(draft), Phase::close);
    }

    private Mono<CommitEvent> store(CommitDraft draft) {
        CommitRequest request = draft.request();
        return Mono.defer(() -> {
            draft.store();
            Commit commit = new Commit(
                    adapter,
                    request.run().batch(),
                    List.of(draft.file(STATE_FILE)),
                    new Settlement(request.run().through(), List.of(), request.streams()),
                    request.run().toJson());
            Mono<Long> newest = request.publication().isEmpty()
                    ? commits.commit(commit).thenReturn(revision)
                    : commits.publish(
                                    commit,
                                    revision(request, request.publication().get(), draft))
                            .map(Revision::number)
                            .doOnNext(number -> revision = number);
            return newest.map(number -> new CommitEvent(request.run().step(), request.streams(), number));
        });
    }

    /** Both at once, for weights that nobody trains meanwhile. */
    Mono<CommitEvent> commit(CommitRequest request, TrainingState state) {
        return Mono.using(() -> draft(request, state), this::commit, CommitDraft::close);
    }

    private NewRevision revision(CommitRequest request, CommitRequest.Publication publication, CommitDraft draft) {
        List<ArtifactFile> files = List.of(draft.file(PeftFolder.CONFIG_FILE), draft.file(PeftFolder.WEIGHTS_FILE));
        Map<String, Long> trainedThrough = new HashMap<>();
        request.streams().forEach((stream, progress) -> trainedThrough.put(stream.stream(), progress.trainedThrough()));
        return new NewRevision(
                revision == 0 ? Optional.empty() : Optional.of(revision),
                files,
                base.digest(),
                config.method().method(),
                AdapterConfigJson.print(config),
                trainedThrough,
                request.run().tokens(),
                request.streams().values().stream()
                        .mapToLong(StreamProgress::trained)
                        .sum(),
                publication.metrics(),
                publication.decision(),
                base.provenance(),
                publication.rolledBackTo());
    }
}
