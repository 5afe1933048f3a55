package io.millrace.server.bench;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How one run learned.
 *
 * @param stream what was seen during the first stream
 * @param change what was seen after the answers had changed
 * @param steps what each took
 * @param generalLoss at the end, nats per token
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record LearningCurve(
        LearningSetting setting,
        long seed,
        List<Seen> stream,
        List<Seen> change,
        List<StepTime> steps,
        double generalLoss) {
    /**
     * A look at what is answered.
     *
     * @param examples streamed since this stream began
     * @param tokens trained since the run began, those of replayed examples included
     * @param exact share of the paraphrases that are answered exactly
     */
    record Seen(long examples, long tokens, double exact) {
        private Map<String, Object> json() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("examples", examples);
            fields.put("tokens", tokens);
            fields.put("exact", exact);
            return fields;
        }
    }

    /** @param seconds of the processors, as {@link LearningClock} says */
    record StepTime(int tokens, double seconds) {
        double secondsPerToken() {
            return seconds / tokens;
        }
    }

    LearningCurve {
        stream = List.copyOf(stream);
        change = List.copyOf(change);
        steps = List.copyOf(steps);
    }

    /** The same, said of another setting that comes to the same config. */
    LearningCurve of(LearningSetting same) {
        return new LearningCurve(same, seed, stream, change, steps, generalLoss);
    }

    static List<Map<String, Object>> json(List<Seen> seen) {
        return seen.stream().map(Seen::json).toList();
    }
}
