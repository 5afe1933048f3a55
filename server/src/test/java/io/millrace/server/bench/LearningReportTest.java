package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.server.bench.LearningCurve.Seen;
import io.millrace.server.bench.LearningCurve.StepTime;
import io.millrace.server.bench.LinePlot.Point;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningReportTest {
    private static final LearningSetting DEFAULTS = new LearningSetting("{}");
    private static final LearningSetting FASTER = new LearningSetting("{\"learning_rate\": 0.002}");
    private static final LearningSetting SMALLER = new LearningSetting("{\"rank\": 4}");

    /** Every step has 100 tokens; four are needed to answer 95 %, two more after the change. */
    private static LearningCurve curve(LearningSetting setting, long seed, double lastExact, double... seconds) {
        return new LearningCurve(
                setting,
                seed,
                List.of(new Seen(40, 200, 0.5), new Seen(80, 400, lastExact)),
                List.of(new Seen(40, 600, 0.9), new Seen(60, 700, 0.96)),
                Arrays.stream(seconds).mapToObj(one -> new StepTime(100, one)).toList(),
                1.5 + seed);
    }

    @Test
    void figures_areMeansOverTheRunsOfASetting() {
        LearningReport report = LearningReport.of(
                1, List.of(curve(DEFAULTS, 1, 0.95, 1, 1, 1, 1), curve(DEFAULTS, 2, 0.97, 1, 1, 1, 1)));

        assertThat(report.results()).hasSize(1);
        Map<String, Object> figures = report.results().get(0).json();
        assertThat(figures)
                .containsEntry("setting", "defaults")
                .containsEntry("runs", 2)
                .containsEntry("examples_to_95", 80.0)
                .containsEntry("seconds_to_95", 4.0)
                .containsEntry("examples_to_95_after_change", 60.0)
                .containsEntry("general_loss", 3.0)
                .containsEntry("tokens_per_second", 100.0);
        LearningResult result = report.results().get(0);
        assertThat(result.exact(LearningCurve::stream)).isCloseTo(0.96, within(1e-9));
        assertThat(result.secondsAfterChange().orElseThrow()).isCloseTo(3, within(1e-9));
        assertThat(result.points())
                .startsWith(new Point(0, 0), new Point(2, 50))
                .hasSize(5);
    }

    @Test
    void whatOneRunNeverReached_isNotTold() {
        LearningReport report = LearningReport.of(1, List.of(curve(DEFAULTS, 1, 0.95, 1), curve(DEFAULTS, 2, 0.94, 1)));

        assertThat(report.results().get(0).json())
                .doesNotContainKeys("examples_to_95", "seconds_to_95")
                .containsEntry("examples_to_95_after_change", 60.0);
    }

    @Test
    void disturbedSteps_countAsTheFasterOnesThatComputeAlike() {
        LearningReport report = LearningReport.of(
                1,
                List.of(
                        curve(DEFAULTS, 1, 0.95, 1, 1, 1, 1),
                        curve(FASTER, 1, 0.95, 9, 9, 9, 9),
                        curve(SMALLER, 1, 0.95, 9, 9, 9, 2)));

        assertThat(report.results())
                .extracting(result -> result.seconds().orElseThrow())
                .containsExactly(4.0, 4.0, 36.0);
    }
}
