package io.millrace.trainer.pipeline;

/** Training can't go on by itself; the adapter is paused with this message as the reason. */
final class TrainingHaltedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TrainingHaltedException(String message) {
        super(message);
    }
}
