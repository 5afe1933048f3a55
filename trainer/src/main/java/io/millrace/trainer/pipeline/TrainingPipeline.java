package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.BatchJournal;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What Millrace does, for one adapter: log → tokenise → batch → write down → score and train → judge → commit.
 *
 * <p>Every arrow is bounded: the trainer asks, the log answers. While one batch trains, the next is ready and the commit
 * before it is being written.
 */
final class TrainingPipeline {
    private final AdapterName adapter;
    private final BatchFormer former;
    private final BatchJournal journal;
    private final TrainingRun run;
    private final Committer committer;
    private final Threads threads;
    private volatile boolean stopping;

    TrainingPipeline(
            AdapterName adapter,
            BatchFormer former,
            BatchJournal journal,
            TrainingRun run,
            Committer committer,
            Threads threads) {
        this.adapter = adapter;
        this.former = former;
        this.journal = journal;
        this.run = run;
        this.committer = committer;
        this.threads = threads;
    }

    /**
     * Commits as they happen, until {@code stop} fires: then what was decided on is trained, judged and committed, and the
     * flux completes. Fails with {@link TrainingHaltedException} after the last commit when training shouldn't go on by itself.
     */
    Flux<CommitEvent> run(Publisher<?> stop) {
        PatientWrites records = new PatientWrites(stop, threads.batching());
        PatientWrites drafts = new PatientWrites(stop, threads.training());
        PatientWrites commits = new PatientWrites(stop, threads.committing());
        Flux<Work> decidedBeforeRestart = Flux.fromIterable(journal.after(adapter, run.batch()))
                .publishOn(threads.batching(), 1)
                .map(entry -> former.again(BatchRecord.parse(entry.decisions())));
        Flux<Work> decidedNow = former.all().concatMap(work -> records.write(writeDown(work)), 1);
        return Flux.concat(decidedBeforeRestart, decidedNow)
                .takeUntilOther(Mono.from(stop).doOnTerminate(() -> stopping = true))
                .concatWithValues(new Work.Idle())
                .publishOn(threads.training(), 1)
                .concatMap(work -> accept(work, drafts), 1)
                .takeUntil(draft -> draft.request().halt().isPresent())
                .publishOn(threads.committing(), 1)
                .concatMap(draft -> commit(draft, commits), 0)
                .doOnDiscard(CommitDraft.class, CommitDraft::close);
    }

    /** On the training thread. What is to be committed is written before the step, which changes it. */
    private Flux<CommitDraft> accept(Work work, PatientWrites writes) {
        Mono<CommitDraft> judgement = draft(() -> run.judge(work), writes);
        if (!(work instanceof Work.Batch batch)) {
            return judgement.flux();
        }
        Flux<CommitDraft> rest = judgement.concatWith(draft(() -> run.train(batch), writes));
        // a search that is cut short goes on when training starts again, before the same batch
        return search(batch, writes).concatWith(Flux.defer(() -> run.isSearching() ? Flux.empty() : rest));
    }

    /** Lets other adapters train between two candidates. */
    private Flux<CommitDraft> search(Work.Batch upcoming, PatientWrites writes) {
        BooleanSupplier goesOn = () -> run.isSearching() && !stopping;
        return Flux.defer(() -> goesOn.getAsBoolean()
                ? draft(() -> run.search(upcoming), writes)
                        .subscribeOn(threads.training())
                        .repeat(goesOn)
                : Flux.empty());
    }

    private Mono<CommitDraft> draft(Callable<Optional<CommitRequest>> work, PatientWrites writes) {
        return Mono.fromCallable(work)
                .flatMap(Mono::justOrEmpty)
                .flatMap(request ->
                        writes.write(Mono.fromCallable(() -> committer.draft(request, run.trainingState()))));
    }

    private Flux<CommitEvent> commit(CommitDraft draft, PatientWrites writes) {
        Mono<CommitEvent> halt = Mono.justOrEmpty(draft.request().halt())
                .flatMap(reason -> Mono.error(new TrainingHaltedException(reason)));
        return Flux.using(
                () -> draft, open -> writes.write(committer.commit(open)).concatWith(halt), CommitDraft::close);
    }

    /** A batch is durable before it is trained on, so that a resumed run takes the same steps. */
    private Mono<Work> writeDown(Work work) {
        return work instanceof Work.Batch batch
                ? journal.record(
                                adapter, batch.record().number(), batch.record().toJson())
                        .thenReturn(work)
                : Mono.just(work);
    }
}
