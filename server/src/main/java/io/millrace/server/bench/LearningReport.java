package io.millrace.server.bench;

import io.millrace.client.cli.OutputOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * All that {@code millrace bench learning} found.
 *
 * @param generalLossBase of the model as it was, nats per token
 */
record LearningReport(double generalLossBase, List<LearningResult> results) {
    /** @param curves by setting, one for each seed, settings in the order in which they first come */
    static LearningReport of(double generalLossBase, List<LearningCurve> curves) {
        LearningClock clock = new LearningClock(curves);
        Map<LearningSetting, LearningResult> results = new LinkedHashMap<>();
        for (LearningCurve curve : curves) {
            LearningSetting setting = curve.setting();
            results.computeIfAbsent(
                    setting,
                    one -> new LearningResult(
                            one,
                            curves.stream()
                                    .filter(other -> other.setting().equals(one))
                                    .toList(),
                            clock));
        }
        return new LearningReport(generalLossBase, List.copyOf(results.values()));
    }

    void print(OutputOptions output) {
        output.say("95 % of the paraphrases answered exactly, after so many examples and seconds of training");
        output.say("%8s %8s %7s | %8s %8s %7s | %-8s %8s  setting"
                .formatted("examples", "seconds", "at end", "changed", "seconds", "at end", "general", "tokens/s"));
        for (LearningResult result : results) {
            output.say(String.format(
                    Locale.ROOT,
                    "%8s %8s %6.1f%% | %8s %8s %6.1f%% | %.4f   %8.0f  %s",
                    figure(result.examples(LearningCurve::stream)),
                    figure(result.seconds()),
                    100 * result.exact(LearningCurve::stream),
                    figure(result.examples(LearningCurve::change)),
                    figure(result.secondsAfterChange()),
                    100 * result.exact(LearningCurve::change),
                    result.generalLoss(),
                    1 / result.clock().secondsPerToken(result.setting()),
                    result.setting().name()));
        }
        output.say(String.format(Locale.ROOT, "general: loss on ordinary questions, %.4f before", generalLossBase));
    }

    private static String figure(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.0f", value.getAsDouble()) : "–";
    }

    /** Draws as many settings as a plot takes. */
    void draw(Path png) throws IOException {
        List<LinePlot.Line> lines = results.stream()
                .limit(LinePlot.MOST_LINES)
                .map(result -> new LinePlot.Line(result.setting().name(), result.points()))
                .toList();
        new LinePlot(
                        "Questions in other words that are answered exactly",
                        new LinePlot.Axis("seconds of training", LinePlot.Scale.LINEAR),
                        new LinePlot.Axis("%", LinePlot.Scale.LINEAR),
                        lines)
                .write(png);
    }
}
