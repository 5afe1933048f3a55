package io.millrace.trainer.batch;

/**
 * The loss of one example.
 *
 * @param sum weighted sum of negative log likelihoods over its trained tokens, nats
 * @param weight sum of its loss weights
 * @param tokens trained tokens
 */
public record ExampleLoss(double sum, double weight, int tokens) {
    /** Mean loss per trained token, nats. */
    public double mean() {
        return sum / weight;
    }

    public boolean isFinite() {
        return Double.isFinite(sum);
    }
}
