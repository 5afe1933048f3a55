package io.millrace.server.compare;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.millrace.trainer.pipeline.AdapterConfigJson;
import org.jspecify.annotations.Nullable;

/**
 * What one method came to. Losses are nats per trained token.
 *
 * @param config of the adapter, every default spelled out
 * @param task {@link Task#digest}
 * @param model as the command line named it, with how its weights are held
 * @param refused why the method doesn't apply to the model; all figures are 0 then. Absent: it applies
 * @param trained parameters
 * @param total parameters of the model
 * @param checkpointBytes of the file with the adapter's weights
 * @param optimiserBytes of AdamW's two moments
 * @param peakBytes the most memory the process held until the stream's end; 0: unknown
 * @param tokens trained on, context and replayed examples included
 * @param tokensPerSecond by the median step
 * @param prequentialLoss mean over the stream, of each example before the step that trained on it
 * @param inference seconds of a forward pass with the adapter, unmerged, by those without it
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record Measured(
        String method,
        String config,
        String task,
        String model,
        @Nullable String refused,
        long trained,
        long total,
        long checkpointBytes,
        long optimiserBytes,
        long peakBytes,
        long tokens,
        double tokensPerSecond,
        double prequentialLoss,
        double holdoutLossBase,
        double holdoutLoss,
        double generalLossBase,
        double generalLoss,
        double inference,
        boolean merges) {
    static Measured refused(String method, String task, String model, String why) {
        return new Measured(method, defaults(method), task, model, why, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false);
    }

    @JsonIgnore
    boolean applies() {
        return refused == null;
    }

    /** The method's config as it is now. */
    static String defaults(String method) {
        return AdapterConfigJson.print(AdapterConfigJson.parse("{\"method\": \"%s\"}".formatted(method)));
    }

    /** Whether it is about this task, this model and this method as it is now. */
    boolean answers(String otherMethod, String otherTask, String otherModel) {
        return method.equals(otherMethod)
                && task.equals(otherTask)
                && model.equals(otherModel)
                && config.equals(defaults(method));
    }

    /** The same under the name that it is compared by. */
    Measured as(String name) {
        return new Measured(
                name,
                config,
                task,
                model,
                refused,
                trained,
                total,
                checkpointBytes,
                optimiserBytes,
                peakBytes,
                tokens,
                tokensPerSecond,
                prequentialLoss,
                holdoutLossBase,
                holdoutLoss,
                generalLossBase,
                generalLoss,
                inference,
                merges);
    }

    @JsonIgnore
    double share() {
        return (double) trained / total;
    }
}
