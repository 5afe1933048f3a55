package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.checkpoint.ArtifactFile;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.eval.Gate;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.StreamProgress;
import io.millrace.trainer.log.StreamState;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.NativeWeights;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.peft.PeftFolder;
import io.millrace.trainer.step.AdapterLearner;
import io.millrace.trainer.step.Learner;
import io.millrace.trainer.step.TrainingState;
import io.millrace.trainer.step.TrainingStateFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Builds an adapter's pipeline as its last commit left it. */
final class RunFactory {
    private final Stores stores;
    private final Base base;
    private final Threads threads;

    /** @param run belongs to the training thread, where it has to be closed */
    record Opened(TrainingPipeline pipeline, BatchFormer former, TrainingRun run) {}

    RunFactory(Stores stores, Base base, Threads threads) {
        this.stores = stores;
        this.base = base;
        this.threads = threads;
    }

    /**
     * To be called on the training thread.
     *
     * @param progress told after every step
     */
    Opened open(Adapter adapter, Consumer<TrainingProgress> progress) {
        AdapterName name = adapter.name();
        AdapterConfig config = AdapterConfigJson.parse(adapter.config());
        Adaptation adaptation = config.method().on(base.host());
        NativeWeights published =
                new NativeWeights(base.model(), adaptation.trained().layout());
        try {
            return open(adapter, config, adaptation, published, progress);
        } catch (RuntimeException e) {
            published.close();
            throw e;
        }
    }

    private Opened open(
            Adapter adapter,
            AdapterConfig config,
            Adaptation adaptation,
            NativeWeights published,
            Consumer<TrainingProgress> progress) {
        AdapterName name = adapter.name();
        Optional<Commit> commit = stores.commits().latest(name);
        RunState start = commit.map(Commit::pipeline).map(RunState::parse).orElse(RunState.START);
        Optional<Revision> live = stores.revisions().latest(name);
        progress.accept(new TrainingProgress(start.step(), start.tokens(), 0, Double.NaN, Double.NaN, ""));
        Members members = new Members(
                name, stores.log(), base.tokenizer(), config.examples().limit());
        ShiftDetector shift = new ShiftDetector(start, start.step());
        live.ifPresent(revision -> readPublished(revision, adaptation, published));
        BiFunction<Optional<AdapterWeights>, List<Sequence>, List<ExampleLoss>> scorer = (weights, sequences) ->
                Scorer.losses(base.model(), weights.map(values -> new TrainedAdapter(adaptation, values)), sequences);
        Judge judge = new Judge(
                new Gate(config.harmTolerance()),
                config.examples().holdoutSize(),
                live.map(revision -> published.weights()),
                members.read(start.known()),
                scorer);
        judge.holdOut(members.read(start.holdout()));
        Learner learner = learner(commit, adaptation, start, adapter.seed());
        TrainingRun run = new TrainingRun(
                name,
                config,
                adapter.seed(),
                learner,
                start,
                judge,
                published,
                new Tally(settled(name)),
                shift,
                new Pace(config.commitEvery(), System::nanoTime),
                adaptation
                        .supernet()
                        .map(supernet ->
                                new SubnetSearch(name, supernet, adapter.seed(), start.search(), learner, scorer)),
                progress);
        BatchFormer former = new BatchFormer(
                name,
                config,
                stores.log(),
                members,
                new HoldoutRule(config.examples().holdoutShare(), adapter.seed()),
                new Reservoir(
                        adapter.seed(),
                        start.reservoir(),
                        members.read(start.reservoir().seqs())),
                start.batch(),
                start.through(),
                shift::isLearning,
                threads.batching());
        Committer committer =
                committer(name, config, adaptation, live.map(Revision::number).orElse(0L));
        return new Opened(new TrainingPipeline(name, former, stores.journal(), run, committer, threads), former, run);
    }

    Committer committer(AdapterName name, AdapterConfig config, Adaptation adaptation, long revision) {
        return new Committer(name, config, adaptation, base.identity(), stores.artifacts(), stores.commits(), revision);
    }

    private Learner learner(Optional<Commit> commit, Adaptation adaptation, RunState start, long seed) {
        ParameterLayout layout = adaptation.trained().layout();
        if (commit.isPresent()) {
            return read(
                    commit.get().files().get(0),
                    path -> AdapterLearner.start(
                            base.model(), adaptation, TrainingStateFile.read(path, layout, start.step())));
        }
        try (NativeWeights fresh = new NativeWeights(base.model(), layout)) {
            adaptation.initialise(seed, fresh.memory());
            return AdapterLearner.start(base.model(), adaptation, TrainingState.start(fresh.weights(), 0));
        }
    }

    /** @throws IllegalStateException if the revision's file is damaged */
    void readPublished(Revision revision, Adaptation adaptation, NativeWeights into) {
        ArtifactFile file = revision.manifest().files().stream()
                .filter(candidate -> candidate.name().equals(PeftFolder.WEIGHTS_FILE))
                .findFirst()
                .orElseThrow();
        read(file, path -> {
            AdapterFolder.readWeights(path, adaptation, into.memory());
            return into;
        });
    }

    private <T> T read(ArtifactFile file, Function<Path, T> reader) {
        OpenedArtifact opened = stores.artifacts().open(file.content().sha256());
        if (!(opened instanceof OpenedArtifact.Intact intact)) {
            throw new IllegalStateException("%s can't be read: %s".formatted(file.name(), opened));
        }
        try (ArtifactLease lease = intact.lease()) {
            return reader.apply(lease.file());
        }
    }

    /** As the last intact commit left it. */
    Map<StreamName, StreamProgress> settled(AdapterName name) {
        return stores.log().streams(name).stream().collect(Collectors.toMap(StreamState::name, StreamState::progress));
    }
}
