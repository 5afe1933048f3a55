package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.ArtifactContent;
import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.CommitStore;
import io.millrace.trainer.checkpoint.NewRevision;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.Settlement;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.peft.LoraModule;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.step.TrainingStateFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
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
    private final List<LoraModule> modules;
    private final BaseIdentity base;
    private final ArtifactStore artifacts;
    private final CommitStore commits;
    private long revision;

    /** @param revision the newest published one; 0: none yet */
    Committer(
            AdapterName adapter,
            AdapterConfig config,
            List<LoraModule> modules,
            BaseIdentity base,
            ArtifactStore artifacts,
            CommitStore commits,
            long revision) {
        this.adapter = adapter;
        this.config = config;
        this.modules = modules;
        this.base = base;
        this.artifacts = artifacts;
        this.commits = commits;
        this.revision = revision;
    }

    /** Blocks while it writes the files; completes when the commit is durable. */
    Mono<CommitEvent> commit(CommitRequest request) {
        return Mono.using(
                Leases::new,
                leases -> {
                    Commit commit = commit(request, leases);
                    Mono<Long> newest = request.publication().isEmpty()
                            ? commits.commit(commit).thenReturn(revision)
                            : commits.publish(
                                            commit,
                                            revision(
                                                    request,
                                                    request.publication().get(),
                                                    leases))
                                    .map(Revision::number)
                                    .doOnNext(number -> revision = number);
                    return newest.map(number -> new CommitEvent(request.run().step(), request.streams(), number));
                },
                Leases::close);
    }

    private Commit commit(CommitRequest request, Leases leases) {
        ArtifactFile state = leases.write(STATE_FILE, out -> TrainingStateFile.write(out, request.state()));
        return new Commit(
                adapter,
                request.run().batch(),
                List.of(state),
                new Settlement(request.run().through(), List.of(), request.streams()),
                request.run().toJson());
    }

    private NewRevision revision(CommitRequest request, CommitRequest.Publication publication, Leases leases) {
        PeftFolder folder = new PeftFolder(
                config.lora(),
                Optional.of(base.hubName()),
                modules,
                request.state().average());
        List<ArtifactFile> files = List.of(
                leases.write(PeftFolder.CONFIG_FILE, out -> out.write(folder.configJson())),
                leases.write(PeftFolder.WEIGHTS_FILE, out -> folder.writeWeights(Channels.newChannel(out))));
        Map<String, Long> trainedThrough = new HashMap<>();
        request.streams().forEach((stream, progress) -> trainedThrough.put(stream.stream(), progress.trainedThrough()));
        return new NewRevision(
                revision == 0 ? Optional.empty() : Optional.of(revision),
                files,
                base.digest(),
                "lora",
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

    /** The files of a commit in the making, kept from being collected. */
    private final class Leases implements AutoCloseable {
        private final List<ArtifactLease> held = new ArrayList<>();

        ArtifactFile write(String name, ArtifactContent content) {
            try {
                ArtifactLease lease = artifacts.write(content);
                held.add(lease);
                return lease.artifact().named(name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            held.forEach(ArtifactLease::close);
        }
    }
}
