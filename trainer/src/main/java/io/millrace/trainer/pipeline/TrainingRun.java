package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.eval.GateDecision;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.peft.NativeWeights;
import io.millrace.trainer.step.Learner;
import io.millrace.trainer.step.Phase;
import io.millrace.trainer.step.StepSettings;
import io.millrace.trainer.step.TrainingState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of an adapter's pipeline that lives on the training thread: score and train, notice shifts, judge, and say when
 * to commit. Its weights are a function of the batches alone.
 */
final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final AdapterName name;
    private final AdapterConfig config;
    private final long seed;
    private final Learner learner;
    private final Steps steps;
    private final ShiftDetector shift;
    private final Judge judge;
    private final NativeWeights live;
    private final Tally tally;
    private final Pace pace;
    private final LearningRate rate;
    private final WeightAverage averaging;
    private final Meter meter;
    private final Optional<SubnetSearch> search;
    private long step;
    private RunState run;

    /** @param live room for the published revision's weights; closed with this */
    TrainingRun(
            AdapterName name,
            AdapterConfig config,
            long seed,
            Learner learner,
            RunState run,
            Judge judge,
            NativeWeights live,
            Tally tally,
            ShiftDetector shift,
            Pace pace,
            Optional<SubnetSearch> search,
            Consumer<TrainingProgress> progress) {
        this.name = name;
        this.config = config;
        this.seed = seed;
        this.learner = learner;
        this.steps = new Steps(learner);
        this.step = run.step();
        this.run = run;
        this.judge = judge;
        this.live = live;
        this.tally = tally;
        this.shift = shift;
        this.pace = pace;
        this.rate = new LearningRate(config.optimizer());
        this.averaging = new WeightAverage(config.optimizer().averageDecay());
        this.meter = new Meter(run.step(), run.tokens(), progress);
        this.search = search;
        search.ifPresent(running -> meter.at(running.activity(step)));
    }

    /** Number of the last batch settled. */
    long batch() {
        return run.batch();
    }

    /** Mean loss of new examples before their step since this run was opened, nats per trained token; NaN: none yet. */
    double meanPrequentialLoss() {
        return meter.meanPrequentialLoss();
    }

    /** All that steps change, in the learner's memory: to be read before the next step. */
    TrainingState trainingState() {
        return learner.state();
    }

    /**
     * Judges what was trained so far, if it is time, and returns what is to be committed before this work is done. So the
     * last batch is committed once it was judged, and whoever sees all examples settled sees the revision that came of them.
     */
    Optional<CommitRequest> judge(Work work) {
        boolean idle = !(work instanceof Work.Batch);
        return judge(work instanceof Work.Batch next ? next.train() : List.of(), idle)
                .or(() -> pace.shouldCommit(idle) ? Optional.of(request(Optional.empty())) : Optional.empty());
    }

    /** Whether training waits for the best part of a supernet to be found. */
    boolean isSearching() {
        return search.filter(running -> running.isDue(step)).isPresent();
    }

    /** Whether what is trained isn't yet what is to be published. */
    private boolean isSupernet() {
        return search.filter(running -> !running.state().over()).isPresent();
    }

    /** Goes a step further in that, and returns what is to be committed of it. */
    Optional<CommitRequest> search(Work.Batch upcoming) {
        SubnetSearch running = search.orElseThrow();
        boolean commits = running.scoreNext(judge.untrained(upcoming.train()));
        meter.at(running.activity(step));
        run = run.searched(running.state());
        return commits ? Optional.of(request(Optional.empty())) : Optional.empty();
    }

    /** @param upcoming examples about to be trained on, which therefore can judge now */
    private Optional<CommitRequest> judge(List<Member> upcoming, boolean idle) {
        if (isSupernet() || !pace.shouldJudge(idle) || !judge.canJudge(shift.shiftAt(), upcoming)) {
            return Optional.empty();
        }
        long startedAt = pace.now();
        Judge.Judgement judgement = judged(upcoming);
        pace.judged(startedAt, idle);
        return publication(judgement).map(decided -> request(Optional.of(decided)));
    }

    private Judge.Judgement judged(List<Member> upcoming) {
        try (Phase phase = Phase.begin(Phase.Kind.JUDGE)) {
            return judge.judge(learner.average(), shift.shiftAt(), upcoming);
        }
    }

    private Optional<CommitRequest.Publication> publication(Judge.Judgement judgement) {
        meter.judged(judgement.holdoutLoss());
        LOG.info("{} step {}: {}", name, step, judgement.decision());
        if (!(judgement.decision() instanceof GateDecision.Publish publish)) {
            return Optional.empty();
        }
        live.set(learner.average());
        judge.published(judgement, live.weights());
        Map<String, Double> metrics = new HashMap<>(judgement.metrics());
        metrics.putAll(learner.means());
        search.ifPresent(over -> metrics.putAll(over.metrics()));
        metrics.put("prequential_loss", meter.prequentialLoss());
        metrics.put("tokens_per_second", meter.tokensPerSecond());
        return Optional.of(new CommitRequest.Publication(publish.reason(), metrics, Optional.empty()));
    }

    private CommitRequest request(Optional<CommitRequest.Publication> publication) {
        pace.committed();
        run = run.judgedBy(judge.known());
        return new CommitRequest(run, tally.streams(), publication);
    }

    /**
     * Takes the batch's step. When training shouldn't go on by itself, what is settled is to be committed first: a run that is
     * resumed would meet the same batches again.
     */
    Optional<CommitRequest> train(Work.Batch batch) {
        int sequences = batch.train().size() + batch.replay().size();
        StepSettings settings = new StepSettings(
                rate.at(step - shift.warmupFrom(), sequences),
                config.optimizer().loraPlusRatio(),
                config.optimizer().weightDecay(),
                config.optimizer().maxGradientNorm(),
                batch.record().microBatchTokens(),
                averaging.at(step - shift.warmupFrom()),
                seed + batch.record().number());
        search.ifPresent(running -> running.beforeStep(step));
        long startedAt = pace.now();
        Steps.Taken taken = steps.take(batch, settings);
        tally.settle(batch, taken.quarantined());
        judge.holdOut(batch.heldOut());
        pace.settled(taken.stepped());
        if (taken.stepped()) {
            step++;
            search.ifPresent(running -> meter.at(running.activity(step)));
            learned(batch, taken.losses(), pace.now() - startedAt);
        }
        run = new RunState(
                step,
                batch.record().number(),
                batch.record().through(),
                batch.reservoir(),
                judge.holdout(),
                shift.window(),
                shift.warmupFrom(),
                shift.shiftAt(),
                shift.raisedUntil(),
                judge.known(),
                meter.tokens(),
                run.search());
        return steps.halt().map(reason -> request(Optional.empty()).haltedBecause(reason));
    }

    private void learned(Work.Batch batch, Map<Long, ExampleLoss> losses, long nanos) {
        List<ExampleLoss> fresh = new ArrayList<>();
        for (Member member : batch.train()) {
            ExampleLoss loss = losses.get(member.seq());
            if (loss != null) {
                fresh.add(loss);
                judge.trained(member, loss.mean());
            }
        }
        if (!fresh.isEmpty()
                && shift.observe(
                        fresh.stream().map(ExampleLoss::mean).toList(),
                        batch.train().get(0).seq(),
                        step)) {
            LOG.info("{} step {}: losses rose; replay is raised and the rate warmed up again", name, step);
        }
        meter.stepped(step, batch, fresh, nanos);
    }

    @Override
    public void close() {
        learner.close();
        live.close();
    }
}
