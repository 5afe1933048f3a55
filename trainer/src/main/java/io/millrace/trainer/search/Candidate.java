package io.millrace.trainer.search;

/** @param loss of what isn't trained on, nats per token */
public record Candidate(Subnet subnet, double loss) {}
