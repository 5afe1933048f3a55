package io.millrace.server.cli;

import java.util.OptionalDouble;

/**
 * How well a model knows the answers of some examples.
 *
 * @param meanLoss nats per trained token
 * @param exact share of last answers that greedy decoding reproduces exactly; absent: not asked
 */
record Score(double meanLoss, long trainedTokens, int examples, OptionalDouble exact) {}
