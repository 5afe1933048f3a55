package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.Commit;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.checkpoint.RevisionSpan;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.ChangeOutcome;
import io.millrace.trainer.log.CreateOutcome;
import io.millrace.trainer.method.Adaptation;
import io.millrace.trainer.method.AdapterFolder;
import io.millrace.trainer.method.MethodConfig;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.NativeWeights;
import io.millrace.trainer.search.SearchState;
import io.millrace.trainer.step.TrainingState;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** What people ask of adapters, one thing at a time; blocks. Training stops for each change and goes on after it. */
final class Administration {
    private final Stores stores;
    private final Base base;
    private final RunFactory runs;
    private final Trainings trainings;

    /** What a new adapter is to be. */
    private record Wish(AdapterConfig config, Optional<AdapterFolder> start) {}

    Administration(Stores stores, Base base, RunFactory runs, Trainings trainings) {
        this.stores = stores;
        this.base = base;
        this.runs = runs;
        this.trainings = trainings;
    }

    Creation create(
            AdapterName name,
            String config,
            Map<String, byte[]> startFrom,
            Optional<String> requestId,
            boolean validateOnly) {
        Wish wish;
        try {
            wish = wish(config, startFrom);
        } catch (IllegalArgumentException e) {
            return new Creation.Invalid(String.valueOf(e.getMessage()));
        }
        String complete = AdapterConfigJson.print(wish.config());
        if (validateOnly) {
            return stores.adapters()
                    .get(name)
                    .<Creation>map(Creation.Exists::new)
                    .orElse(new Creation.Valid(complete));
        }
        CreateOutcome outcome = done(stores.adapters().create(name, complete, requestId));
        if (outcome instanceof CreateOutcome.AlreadyExists exists) {
            return new Creation.Exists(exists.adapter());
        }
        // an earlier try may have come as far as creating it, so each part is done if it isn't yet
        if (wish.start().isPresent() && stores.commits().latest(name).isEmpty()) {
            done(trainings.stop(name).then(publishStart(name, wish)));
        } else {
            trainings.stop(name).block();
        }
        trainings.start(outcome.adapter());
        return new Creation.Done(outcome.adapter());
    }

    private Wish wish(String configText, Map<String, byte[]> startFrom) {
        if (startFrom.isEmpty()) {
            AdapterConfig config = parse(configText, Methods.DEFAULT);
            checkFits(config);
            return new Wish(config, Optional.empty());
        }
        AdapterFolder folder = StartingPoint.read(startFrom, base.host());
        AdapterConfig config = parse(configText, folder.config());
        MethodConfig method = config.method().equals(Methods.DEFAULT) ? folder.config() : config.method();
        if (!method.startsFrom(folder.config())) {
            throw new IllegalArgumentException(
                    "config says another method than the folder in start_from; leave rank, alpha, target_modules and the like out of it");
        }
        AdapterConfig complete = config.with(method);
        checkFits(complete);
        TrainedAdapter start =
                new TrainedAdapter(method.on(base.host()), folder.adapter().weights());
        return new Wish(complete, Optional.of(new AdapterFolder(method, start)));
    }

    private AdapterConfig parse(String configText, MethodConfig absent) {
        return AdapterConfigJson.parse(configText, absent, AdapterConfig.defaults(base.model()));
    }

    /** @throws IllegalArgumentException if the method doesn't apply to the model, or its settings contradict the others */
    private void checkFits(AdapterConfig config) {
        Adaptation adaptation = config.method().on(base.host());
        checkPositions(config.examples().limit().maxTokens(), adaptation.virtualTokens());
        if (config.optimizer().weightDecay() > 0 && adaptation.changing().isPresent()) {
            throw new IllegalArgumentException(
                    "weight_decay is %s; the method %s keeps values beside the trained ones, which decay would change; leave it out"
                            .formatted(
                                    config.optimizer().weightDecay(),
                                    config.method().method()));
        }
        boolean faster =
                adaptation.startOfFasterValues() < adaptation.trained().layout().size();
        if (config.optimizer().loraPlusRatio() != 1 && !faster) {
            throw new IllegalArgumentException("loraplus_lr_ratio is %s; the method %s has no B; leave it out"
                    .formatted(
                            config.optimizer().loraPlusRatio(), config.method().method()));
        }
    }

    /** A model that embeds positions has none beyond those that it was made for; virtual tokens mustn't take what isn't there. */
    private void checkPositions(int maxTokens, int virtualTokens) {
        ModelConfig model = base.model().config();
        int room = model.contextLength() - virtualTokens;
        if ((model.isGpt2() || virtualTokens > 0) && maxTokens > room) {
            throw new IllegalArgumentException(
                    "max_tokens is %d; the model has %d positions, of which virtual tokens take %d; it must be at most %d"
                            .formatted(maxTokens, model.contextLength(), virtualTokens, room));
        }
    }

    private Mono<CommitEvent> publishStart(AdapterName name, Wish wish) {
        AdapterFolder folder = wish.start().orElseThrow();
        CommitRequest request = new CommitRequest(
                // weights from a file say what of a supernet is in use
                RunState.START.searched(SearchState.OVER),
                Map.of(),
                Optional.of(new CommitRequest.Publication("the adapter starts from it", Map.of(), Optional.empty())));
        return runs.committer(name, wish.config(), folder.adapter().adaptation(), 0)
                .commit(request, TrainingState.start(folder.adapter().weights(), 0));
    }

    ChangeOutcome update(AdapterName name, String configText, Optional<String> etag, boolean validateOnly) {
        Optional<Adapter> present = stores.adapters().get(name);
        if (present.isEmpty()) {
            return new ChangeOutcome.UnknownAdapter(name);
        }
        AdapterConfig before = AdapterConfigJson.parse(present.get().config());
        AdapterConfig config = parse(configText, before.method());
        if (config.method().equals(Methods.DEFAULT)) {
            config = config.with(before.method());
        }
        if (!config.method().continues(before.method())) {
            throw new IllegalArgumentException(
                    "config changes the method, which stays as created; create another adapter for it");
        }
        checkFits(config);
        if (validateOnly) {
            return new ChangeOutcome.Changed(present.get());
        }
        trainings.stop(name).block();
        ChangeOutcome outcome = done(stores.adapters().updateConfig(name, AdapterConfigJson.print(config), etag));
        stores.adapters().get(name).filter(adapter -> !adapter.isPaused()).ifPresent(trainings::start);
        return outcome;
    }

    ChangeOutcome pause(AdapterName name, String reason) {
        ChangeOutcome outcome = done(stores.adapters().pause(name, reason));
        trainings.stop(name).block();
        return outcome;
    }

    ChangeOutcome resume(AdapterName name) {
        trainings.stop(name).block();
        ChangeOutcome outcome = done(stores.adapters().resume(name));
        if (outcome instanceof ChangeOutcome.Changed changed) {
            trainings.start(changed.adapter());
        }
        return outcome;
    }

    ChangeOutcome delete(AdapterName name, Optional<String> etag) throws IOException {
        trainings.stop(name).block();
        ChangeOutcome outcome = done(stores.adapters().delete(name, etag));
        if (outcome instanceof ChangeOutcome.Changed) {
            trainings.forget(name);
            stores.artifacts().collect();
        } else {
            stores.adapters().get(name).filter(adapter -> !adapter.isPaused()).ifPresent(trainings::start);
        }
        return outcome;
    }

    Rollback rollback(AdapterName name, long number) {
        Optional<Adapter> adapter = stores.adapters().get(name);
        Optional<RevisionSpan> span = stores.revisions().span(name);
        if (adapter.isEmpty() || span.isEmpty()) {
            return new Rollback.UnknownAdapter(name);
        }
        Optional<Revision> revision = stores.revisions().get(name, number);
        if (revision.isEmpty()) {
            return new Rollback.UnknownRevision(
                    number, span.get().floor(), span.get().latest());
        }
        trainings.stop(name).block();
        CommitEvent event = done(publishAgain(adapter.get(), revision.get()));
        if (!adapter.get().isPaused()) {
            trainings.start(adapter.get());
        }
        return new Rollback.Done(event.revision());
    }

    private Mono<CommitEvent> publishAgain(Adapter adapter, Revision old) {
        AdapterName name = adapter.name();
        AdapterConfig config = AdapterConfigJson.parse(adapter.config());
        Adaptation adaptation = config.method().on(base.host());
        RunState run = stores.commits()
                .latest(name)
                .map(Commit::pipeline)
                .map(RunState::parse)
                .orElse(RunState.START)
                .startedOver();
        CommitRequest request = new CommitRequest(
                run,
                runs.settled(name),
                Optional.of(new CommitRequest.Publication(
                        "rolled back to revision " + old.number(),
                        old.manifest().metrics(),
                        Optional.of(old.number()))));
        long latest = stores.revisions().span(name).orElseThrow().latest();
        Committer committer = runs.committer(name, config, adaptation, latest);
        return Mono.using(
                () -> new NativeWeights(base.model(), adaptation.trained().layout()),
                weights -> {
                    runs.readPublished(old, adaptation, weights);
                    return committer.commit(request, TrainingState.start(weights.weights(), run.step()));
                },
                NativeWeights::close);
    }

    private static <T> T done(Mono<T> work) {
        return Objects.requireNonNull(work.block());
    }
}
