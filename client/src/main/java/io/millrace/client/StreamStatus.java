package io.millrace.client;

import io.millrace.v1.Stream;
import io.millrace.v1.TrainingFigures;
import java.util.OptionalDouble;

/**
 * Where a stream stands on the server. The four counts add up to the examples settled.
 *
 * @param name {@code tenants/{t}/adapters/{a}/streams/{s}}
 * @param durableThrough examples with offsets below this are acknowledged
 * @param trainedThrough the first offset not settled in the last commit
 * @param revision the adapter's newest published revision; 0: none yet
 * @param prequentialLoss mean loss of new examples before they were trained on, lately, nats per trained token
 * @param holdoutLoss mean loss on the examples that judged last, nats per trained token
 * @param tokensPerSecond tokens through the model per second of step time, lately
 */
public record StreamStatus(
        String name,
        long durableThrough,
        long trainedThrough,
        long trained,
        long heldOut,
        long quarantined,
        long dropped,
        long revision,
        OptionalDouble prequentialLoss,
        OptionalDouble holdoutLoss,
        OptionalDouble tokensPerSecond) {
    static StreamStatus of(Stream stream) {
        TrainingFigures training = stream.getTraining();
        return new StreamStatus(
                stream.getName(),
                stream.getDurableThrough(),
                stream.getTrainedThrough(),
                stream.getTrained(),
                stream.getHeldOut(),
                stream.getQuarantined(),
                stream.getDropped(),
                stream.getRevision(),
                known(training.hasPrequentialLoss(), training.getPrequentialLoss()),
                known(training.hasHoldoutLoss(), training.getHoldoutLoss()),
                known(training.hasTokensPerSecond(), training.getTokensPerSecond()));
    }

    private static OptionalDouble known(boolean present, double figure) {
        return present ? OptionalDouble.of(figure) : OptionalDouble.empty();
    }

    /** Whether every acknowledged example is settled. */
    public boolean isSettled() {
        return trainedThrough >= durableThrough;
    }
}
