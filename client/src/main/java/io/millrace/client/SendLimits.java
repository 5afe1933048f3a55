package io.millrace.client;

/**
 * What a sender holds and sends at most. What the server grants is kept as well, whatever is said here.
 *
 * @param appendExamples examples in one append; 1 to 10,000
 * @param appendBytes bytes at which an append is full; at most 2 MiB
 * @param heldExamples examples taken from the source and not yet acknowledged
 * @param heldBytes their encoded size; at least 2 MiB, since one example may take 1 MiB
 */
public record SendLimits(int appendExamples, int appendBytes, int heldExamples, long heldBytes) {
    private static final int MIB = 1 << 20;

    public SendLimits {
        if (appendExamples < 1 || appendExamples > 10_000) {
            throw new IllegalArgumentException(
                    "appendExamples is %d; it must be 1 to 10,000".formatted(appendExamples));
        }
        if (appendBytes < 1 || appendBytes > 2 * MIB) {
            throw new IllegalArgumentException("appendBytes is %d; it must be 1 to 2 MiB".formatted(appendBytes));
        }
        if (heldExamples < 1) {
            throw new IllegalArgumentException("heldExamples is %d; it must be at least 1".formatted(heldExamples));
        }
        if (heldBytes < 2 * MIB) {
            throw new IllegalArgumentException("heldBytes is %d; it must be at least 2 MiB".formatted(heldBytes));
        }
    }

    /** Appends of 256 examples or 256 KiB; 8,192 examples or 16 MiB held. */
    public static SendLimits standard() {
        return new SendLimits(256, 256 << 10, 8192, 16L * MIB);
    }
}
