package io.millrace.server.command;

import java.util.OptionalDouble;

/**
 * How well a model knows the answers of some examples.
 *
 * @param meanLoss nats per trained token
 * @param exact share of last answers that greedy decoding reproduces exactly; absent: not asked
 */
public record Score(double meanLoss, long trainedTokens, int examples, OptionalDouble exact) {}
