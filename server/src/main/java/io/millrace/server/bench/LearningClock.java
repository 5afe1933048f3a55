package io.millrace.server.bench;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.server.bench.LearningCurve.StepTime;
import io.millrace.trainer.method.MethodConfig;
import io.millrace.trainer.pipeline.AdapterConfig;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Training time that doesn't depend on what else the machine does. It is the time that processors spend on a step, over
 * their number: what the step takes where training keeps all of them busy and nothing else runs. And it is so many tokens
 * at the speed that the faster steps have, the lower quartile of seconds per token over all steps of a sweep that compute
 * alike. Settings that differ only in their rates are thereby compared by examples alone.
 */
final class LearningClock {
    private final Map<Shape, Double> secondsPerToken = new HashMap<>();

    /** What decides how long a step takes. */
    private record Shape(MethodConfig method, AdapterConfig.Batch batch) {
        static Shape of(LearningSetting setting) {
            AdapterConfig config = setting.config();
            return new Shape(config.method(), config.batch());
        }
    }

    /** Seconds that processors have spent on this process, over their number. */
    static double now() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime()
                / 1e9
                / Runtime.getRuntime().availableProcessors();
    }

    LearningClock(List<LearningCurve> curves) {
        Map<Shape, List<Double>> speeds = new HashMap<>();
        for (LearningCurve curve : curves) {
            curve.steps().stream()
                    .map(StepTime::secondsPerToken)
                    .forEach(speeds.computeIfAbsent(Shape.of(curve.setting()), shape -> new ArrayList<>())::add);
        }
        speeds.forEach((shape, all) ->
                secondsPerToken.put(shape, all.stream().sorted().toList().get(all.size() / 4)));
    }

    double secondsPerToken(LearningSetting setting) {
        return secondsPerToken.getOrDefault(Shape.of(setting), Double.NaN);
    }

    double seconds(LearningSetting setting, long tokens) {
        return tokens * secondsPerToken(setting);
    }
}
