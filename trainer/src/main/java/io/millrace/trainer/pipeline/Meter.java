package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.ExampleLoss;
import java.util.List;
import java.util.function.Consumer;

/** Running figures of a training run, smoothed over about ten steps. */
final class Meter {
    private static final double KEEP = 0.9;

    private final Consumer<TrainingProgress> listener;
    private long tokens;
    private double recentTokens;
    private double recentSeconds;
    private double recentLoss;
    private double recentWeight;
    private double allLoss;
    private double allWeight;
    private double holdoutLoss = Double.NaN;
    private String activity = "";
    private long step;

    Meter(long step, long tokens, Consumer<TrainingProgress> listener) {
        this.step = step;
        this.tokens = tokens;
        this.listener = listener;
    }

    /** @param fresh losses of the new examples before the step */
    void stepped(long taken, Work.Batch batch, List<ExampleLoss> fresh, long nanos) {
        step = taken;
        recentTokens = KEEP * recentTokens + batch.tokens();
        recentSeconds = KEEP * recentSeconds + nanos / 1e9;
        recentLoss *= KEEP;
        recentWeight *= KEEP;
        for (ExampleLoss loss : fresh) {
            recentLoss += loss.sum();
            recentWeight += loss.weight();
            allLoss += loss.sum();
            allWeight += loss.weight();
            tokens += loss.tokens();
        }
        tell();
    }

    /** @param now what training is at, in words; empty: it just takes steps */
    void at(String now) {
        activity = now;
        tell();
    }

    private void tell() {
        listener.accept(
                new TrainingProgress(step, tokens, tokensPerSecond(), prequentialLoss(), holdoutLoss, activity));
    }

    void judged(double loss) {
        holdoutLoss = loss;
        tell();
    }

    long tokens() {
        return tokens;
    }

    double tokensPerSecond() {
        return recentSeconds == 0 ? 0 : recentTokens / recentSeconds;
    }

    /** Over all steps since this was made. */
    double meanPrequentialLoss() {
        return allWeight == 0 ? Double.NaN : allLoss / allWeight;
    }

    double prequentialLoss() {
        return recentWeight == 0 ? Double.NaN : recentLoss / recentWeight;
    }
}
