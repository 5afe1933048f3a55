package io.millrace.client;

import io.millrace.v1.Stream;

/**
 * Where a stream stands on the server. The four counts add up to the examples settled.
 *
 * @param name {@code tenants/{t}/adapters/{a}/streams/{s}}
 * @param durableThrough examples with offsets below this are acknowledged
 * @param trainedThrough the first offset not settled in the last commit
 * @param revision the adapter's newest published revision; 0: none yet
 */
public record StreamStatus(
        String name,
        long durableThrough,
        long trainedThrough,
        long trained,
        long heldOut,
        long quarantined,
        long dropped,
        long revision) {
    static StreamStatus of(Stream stream) {
        return new StreamStatus(
                stream.getName(),
                stream.getDurableThrough(),
                stream.getTrainedThrough(),
                stream.getTrained(),
                stream.getHeldOut(),
                stream.getQuarantined(),
                stream.getDropped(),
                stream.getRevision());
    }

    /** Whether every acknowledged example is settled. */
    public boolean isSettled() {
        return trainedThrough >= durableThrough;
    }
}
