package io.millrace.trainer.pipeline;

import io.millrace.trainer.checkpoint.ArtifactStore;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.log.AdapterPage;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.log.ChangeOutcome;
import io.millrace.trainer.log.DataDirectory;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.tokenizer.Tokenized;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Trains the adapters of a data directory while their examples arrive: the product without its network. Append examples to
 * {@link #log()}, watch {@link #revisions()}.
 */
public final class OnlineTrainer implements AutoCloseable {
    private static final int PAGE = 1_000;

    private final DataDirectory directory;
    private final Stores stores;
    private final ExampleChecks checks;
    private final Threads threads;
    private final Trainings trainings;
    private final Administration administration;

    private OnlineTrainer(DataDirectory directory, Stores stores, Base base, Threads threads) {
        this.directory = directory;
        this.stores = stores;
        this.checks = new ExampleChecks(stores.adapters(), base.tokenizer());
        this.threads = threads;
        RunFactory runs = new RunFactory(stores, base, threads);
        this.trainings = new Trainings(stores.adapters(), runs, threads);
        this.administration = new Administration(stores, base, runs, trainings);
    }

    /**
     * Opens or creates the data directory and goes on training every adapter in it that isn't paused.
     *
     * @throws io.millrace.trainer.log.DataDirectoryException if another process has it open, a newer version wrote it, or it
     *     belongs to another base model, or to this one held otherwise
     */
    public static OnlineTrainer open(Path directory, Base base, TrainerSettings settings, Clock clock) {
        DataDirectory opened = DataDirectory.open(directory, base.identity().bound());
        try {
            OnlineTrainer trainer =
                    new OnlineTrainer(opened, Stores.of(opened, settings, clock), base, Threads.start());
            trainer.startAll();
            return trainer;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private void startAll() {
        Optional<AdapterName> after = Optional.empty();
        do {
            AdapterPage page = stores.adapters().list(Optional.empty(), after, PAGE);
            page.adapters().stream().filter(adapter -> !adapter.isPaused()).forEach(trainings::start);
            after = page.next();
        } while (after.isPresent());
    }

    public AdapterStore adapters() {
        return stores.adapters();
    }

    public ExampleLog log() {
        return stores.log();
    }

    public RevisionStore revisions() {
        return stores.revisions();
    }

    public ArtifactStore artifacts() {
        return stores.artifacts();
    }

    /**
     * Creates an adapter and starts to train it.
     *
     * @param config a JSON object, see {@link AdapterConfigJson}; empty: all defaults
     * @param startFrom a PEFT folder's files by name; empty: from scratch
     * @param requestId recognises a retry
     * @param validateOnly only check
     */
    public Mono<Creation> create(
            AdapterName name,
            String config,
            Map<String, byte[]> startFrom,
            Optional<String> requestId,
            boolean validateOnly) {
        return administer(() -> administration.create(name, config, startFrom, requestId, validateOnly));
    }

    /**
     * Changes how the adapter is trained from the next batch on; the method stays as it was created.
     *
     * <p>Fails with IllegalArgumentException when the config is invalid or changes the method.
     */
    public Mono<ChangeOutcome> update(AdapterName name, String config, Optional<String> etag, boolean validateOnly) {
        return administer(() -> administration.update(name, config, etag, validateOnly));
    }

    /** Finishes what was decided on, commits, and stops training. Appends are still taken. */
    public Mono<ChangeOutcome> pause(AdapterName name, String reason) {
        return administer(() -> administration.pause(name, reason));
    }

    public Mono<ChangeOutcome> resume(AdapterName name) {
        return administer(() -> administration.resume(name));
    }

    /** Stops training and erases the adapter's examples, state and unshared artifacts. */
    public Mono<ChangeOutcome> delete(AdapterName name, Optional<String> etag) {
        return administer(() -> administration.delete(name, etag));
    }

    /** Publishes the weights of an older revision as a new one; training goes on from them. */
    public Mono<Rollback> rollback(AdapterName name, long revision) {
        return administer(() -> administration.rollback(name, revision));
    }

    private <T> Mono<T> administer(Callable<T> task) {
        return Mono.fromCallable(task).subscribeOn(threads.administering());
    }

    /** Commits from now on, the last one first; a slow subscriber misses all but the newest. */
    public Flux<CommitEvent> commits(AdapterName name) {
        return trainings.news(name).commits();
    }

    /** How training goes, as of the last step. */
    public TrainingProgress progress(AdapterName name) {
        return trainings.news(name).progress();
    }

    /** Why the adapter can't train on the example; absent: it can. May tokenise, so not for a thread that mustn't compute. */
    public Optional<Tokenized.Refused> check(AdapterName name, Example example) {
        return checks.check(name, example);
    }

    /** Optimiser steps taken, as far as this process knows: 0 for an adapter that was paused when it started. */
    public long steps(AdapterName name) {
        return trainings.news(name).progress().steps();
    }

    /**
     * Emits when the disk has failed: nothing is written any more, and the process should exit at once, without closing this,
     * and be started again.
     */
    public Mono<StorageException.Failed> failure() {
        return directory.database().failure();
    }

    /** Digests of the files that the adapter's last commit holds; empty: no commit yet. */
    List<String> stateDigests(AdapterName name) {
        return stores.commits().latest(name).stream()
                .flatMap(commit -> commit.files().stream())
                .map(file -> file.content().sha256())
                .toList();
    }

    /** Finishes the running steps, commits, and closes the data directory. */
    @Override
    public void close() {
        try {
            trainings.stopAll().block(Duration.ofMinutes(1));
        } finally {
            threads.stop();
            directory.close();
        }
    }
}
