package io.millrace.client;

/**
 * Examples that are durable: they survive a power loss, and each will be settled exactly once.
 *
 * @param firstOffset offset of the first in its stream
 * @param count how many, at least 1
 */
public record Ack(long firstOffset, long count) {}
