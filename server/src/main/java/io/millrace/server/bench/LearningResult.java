package io.millrace.server.bench;

import io.millrace.server.bench.LearningCurve.Seen;
import io.millrace.server.bench.LinePlot.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What a setting comes to: means over its runs, which differ in their seeds.
 *
 * @param curves at least one, all of this setting
 */
record LearningResult(LearningSetting setting, List<LearningCurve> curves, LearningClock clock) {
    /** The share of paraphrases answered exactly that is waited for. */
    private static final double ENOUGH = 0.95;

    /** Examples until enough is answered exactly, for the first time; absent: not in every run. */
    OptionalDouble examples(Function<LearningCurve, List<Seen>> part) {
        return mean(curve -> enough(part.apply(curve)).map(seen -> (double) seen.examples()));
    }

    /** Seconds of training until then, since the first stream began. */
    OptionalDouble seconds() {
        return mean(curve -> enough(curve.stream()).map(seen -> clock.seconds(setting, seen.tokens())));
    }

    /** Seconds of training until then, since the answers changed. */
    OptionalDouble secondsAfterChange() {
        return mean(curve -> enough(curve.change())
                .map(seen -> clock.seconds(
                        setting, seen.tokens() - last(curve.stream()).tokens())));
    }

    private static Optional<Seen> enough(List<Seen> seen) {
        return seen.stream().filter(one -> one.exact() >= ENOUGH).findFirst();
    }

    private static Seen last(List<Seen> seen) {
        return seen.get(seen.size() - 1);
    }

    /** Share answered exactly at a stream's end. */
    double exact(Function<LearningCurve, List<Seen>> part) {
        return average(curve -> last(part.apply(curve)).exact());
    }

    double generalLoss() {
        return average(LearningCurve::generalLoss);
    }

    private OptionalDouble mean(Function<LearningCurve, Optional<Double>> figure) {
        List<Double> known =
                curves.stream().flatMap(curve -> figure.apply(curve).stream()).toList();
        return known.size() < curves.size()
                ? OptionalDouble.empty()
                : known.stream().mapToDouble(Double::doubleValue).average();
    }

    private double average(ToDoubleFunction<LearningCurve> figure) {
        return curves.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }

    /** Seconds of training, and the percentage answered exactly then. */
    List<Point> points() {
        List<Point> points = new ArrayList<>(List.of(new Point(0, 0)));
        for (Function<LearningCurve, List<Seen>> part :
                List.<Function<LearningCurve, List<Seen>>>of(LearningCurve::stream, LearningCurve::change)) {
            int size = curves.stream()
                    .mapToInt(curve -> part.apply(curve).size())
                    .min()
                    .orElse(0);
            for (int i = 0; i < size; i++) {
                int look = i;
                points.add(new Point(
                        average(curve -> clock.seconds(
                                setting, part.apply(curve).get(look).tokens())),
                        100 * average(curve -> part.apply(curve).get(look).exact())));
            }
        }
        return points;
    }

    /** For scripts. */
    Map<String, Object> json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("setting", setting.name());
        fields.put("runs", curves.size());
        put(fields, "examples_to_95", examples(LearningCurve::stream));
        put(fields, "seconds_to_95", seconds());
        fields.put("exact_after_stream", exact(LearningCurve::stream));
        put(fields, "examples_to_95_after_change", examples(LearningCurve::change));
        put(fields, "seconds_to_95_after_change", secondsAfterChange());
        fields.put("exact_after_change", exact(LearningCurve::change));
        fields.put("general_loss", generalLoss());
        fields.put("tokens_per_second", 1 / clock.secondsPerToken(setting));
        return fields;
    }

    private static void put(Map<String, Object> fields, String name, OptionalDouble value) {
        value.ifPresent(known -> fields.put(name, known));
    }
}
