package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.eval.GateDecision;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.step.Learner;
import io.millrace.trainer.step.StepSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
    /** Examples trained on last that stand in for a holdout which is still too small. */
    private static final int NEWEST = 16;

    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final AdapterName name;
    private final AdapterConfig config;
    private final long seed;
    private final Learner learner;
    private final Steps steps;
    private final ShiftDetector shift;
    private final Judge judge;
    private final Tally tally;
    private final Pace pace;
    private final LearningRate rate;
    private final WeightAverage averaging;
    private final Meter meter;
    private final Deque<Member> newest = new ArrayDeque<>();
    private long step;
    private RunState run;

    TrainingRun(
            AdapterName name,
            AdapterConfig config,
            long seed,
            Learner learner,
            RunState run,
            Judge judge,
            Tally tally,
            ShiftDetector shift,
            Pace pace,
            Consumer<TrainingProgress> progress) {
        this.name = name;
        this.config = config;
        this.seed = seed;
        this.learner = learner;
        this.steps = new Steps(learner);
        this.step = run.step();
        this.run = run;
        this.judge = judge;
        this.tally = tally;
        this.shift = shift;
        this.pace = pace;
        this.rate = new LearningRate(config.optimizer());
        this.averaging = new WeightAverage(config.optimizer().averageDecay());
        this.meter = new Meter(run.tokens(), progress);
    }

    /** Number of the last batch settled. */
    long batch() {
        return run.batch();
    }

    /**
     * Does the work and returns what is to be committed, in order. Of a batch that is the state before it: so the last batch
     * is committed once it was judged, and whoever sees all examples settled sees the revision that came of them.
     */
    List<CommitRequest> accept(Work work) {
        boolean idle = !(work instanceof Work.Batch);
        List<CommitRequest> commits = new ArrayList<>();
        judge(work instanceof Work.Batch next ? next.train() : List.of(), idle).ifPresent(commits::add);
        if (commits.isEmpty() && pace.shouldCommit(idle)) {
            commits.add(request(Optional.empty()));
        }
        if (work instanceof Work.Batch batch) {
            train(batch);
        }
        steps.halt().map(this::halt).ifPresent(commits::add);
        return commits;
    }

    /** What is settled is committed first: a run that is resumed would meet the same batches again. */
    private CommitRequest halt(String reason) {
        return request(Optional.empty()).haltedBecause(reason);
    }

    /** @param upcoming examples about to be trained on, which therefore can judge now */
    private Optional<CommitRequest> judge(List<Member> upcoming, boolean idle) {
        if (!pace.shouldJudge(idle) || !judge.canJudge(shift.shiftAt(), upcoming)) {
            return Optional.empty();
        }
        long startedAt = pace.now();
        Judge.Judgement judgement = judge.judge(learner.average(), shift.shiftAt(), upcoming);
        pace.judged(startedAt);
        return publication(judgement).map(decided -> request(Optional.of(decided)));
    }

    private Optional<CommitRequest.Publication> publication(Judge.Judgement judgement) {
        meter.judged(judgement.holdoutLoss());
        LOG.info("{} step {}: {}", name, step, judgement.decision());
        if (!(judgement.decision() instanceof GateDecision.Publish publish)) {
            return Optional.empty();
        }
        judge.published(judgement, List.copyOf(newest));
        Map<String, Double> metrics = new HashMap<>(judgement.metrics());
        metrics.put("prequential_loss", meter.prequentialLoss());
        metrics.put("tokens_per_second", meter.tokensPerSecond());
        return Optional.of(new CommitRequest.Publication(publish.reason(), metrics, Optional.empty()));
    }

    private CommitRequest request(Optional<CommitRequest.Publication> publication) {
        pace.committed();
        run = run.judgedBy(judge.known());
        return new CommitRequest(learner.state(), run, tally.streams(), publication);
    }

    private void train(Work.Batch batch) {
        int sequences = batch.train().size() + batch.replay().size();
        StepSettings settings = new StepSettings(
                rate.at(step - shift.warmupFrom(), sequences),
                config.optimizer().weightDecay(),
                config.optimizer().maxGradientNorm(),
                batch.record().microBatchTokens(),
                averaging.at(step - shift.warmupFrom()),
                seed + batch.record().number());
        long startedAt = pace.now();
        Steps.Taken taken = steps.take(batch, settings);
        tally.settle(batch, taken.quarantined());
        judge.holdOut(batch.heldOut());
        pace.settled(taken.stepped());
        if (taken.stepped()) {
            step++;
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
                meter.tokens());
    }

    private void learned(Work.Batch batch, Map<Long, ExampleLoss> losses, long nanos) {
        List<ExampleLoss> fresh = new ArrayList<>();
        for (Member member : batch.train()) {
            ExampleLoss loss = losses.get(member.seq());
            if (loss != null) {
                fresh.add(loss);
                newest.addLast(member);
            }
        }
        while (newest.size() > NEWEST) {
            newest.removeFirst();
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
    }
}
