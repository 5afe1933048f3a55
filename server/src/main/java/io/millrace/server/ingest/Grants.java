package io.millrace.server.ingest;

import io.millrace.v1.AppendExamplesRequest.Open;
import io.millrace.v1.Grant;

/**
 * What a producer may have outstanding: what it asks for, at most what one call is allowed, and no more than the adapter's log has
 * room for. The window is small, because acknowledgements queue behind it.
 */
record Grants(long examples, long bytes) {
    private static final long MOST_EXAMPLES = 10_000;
    private static final long MOST_BYTES = 4L << 20;

    /** @throws IllegalArgumentException if a wish is negative */
    static Grants of(Open open) {
        return new Grants(
                wish("open.max_outstanding_examples", open.getMaxOutstandingExamples(), MOST_EXAMPLES),
                wish("open.max_outstanding_bytes", open.getMaxOutstandingBytes(), MOST_BYTES));
    }

    private static long wish(String field, long wanted, long most) {
        if (wanted < 0) {
            throw new IllegalArgumentException("%s is %d; it must be 0 or more".formatted(field, wanted));
        }
        return wanted == 0 ? most : Math.min(wanted, most);
    }

    /** @param room bytes until the adapter's log is at its bound; 0 or less grants nothing */
    Grant within(long room) {
        return Grant.newBuilder()
                .setExamples(room > 0 ? examples : 0)
                .setBytes(Math.max(0, Math.min(bytes, room)))
                .build();
    }
}
