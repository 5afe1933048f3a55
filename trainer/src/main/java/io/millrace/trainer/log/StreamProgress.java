package io.millrace.trainer.log;

/**
 * How far a stream was settled in a commit.
 *
 * @param trainedThrough the first offset not settled
 * @param trained examples trained on as new
 * @param heldOut kept for evaluation
 * @param quarantined found to be harmful
 * @param dropped left out by a stated policy
 */
public record StreamProgress(long trainedThrough, long trained, long heldOut, long quarantined, long dropped) {
    public static final StreamProgress NONE = new StreamProgress(0, 0, 0, 0, 0);

    public StreamProgress {
        if (trainedThrough < 0 || trained < 0 || heldOut < 0 || quarantined < 0 || dropped < 0) {
            throw new IllegalArgumentException("progress has a negative number: trainedThrough %d, %d + %d + %d + %d"
                    .formatted(trainedThrough, trained, heldOut, quarantined, dropped));
        }
        if (trained + heldOut + quarantined + dropped < trainedThrough) {
            throw new IllegalArgumentException("trainedThrough is %d, but only %d + %d + %d + %d are settled"
                    .formatted(trainedThrough, trained, heldOut, quarantined, dropped));
        }
    }

    /** Examples settled, those beyond {@code trainedThrough} included. */
    public long settled() {
        return trained + heldOut + quarantined + dropped;
    }
}
