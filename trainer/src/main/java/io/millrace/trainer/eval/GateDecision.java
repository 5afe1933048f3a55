package io.millrace.trainer.eval;

/** Whether a candidate becomes a revision, and why. */
public sealed interface GateDecision {
    /** In words, with the figures. */
    String reason();

    record Publish(String reason) implements GateDecision {}

    record Hold(String reason) implements GateDecision {}
}
