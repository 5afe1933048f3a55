package io.millrace.client;

import io.grpc.Status.Code;

/** What a server may say that can't be gone on from. */
final class StreamFault {
    private StreamFault() {}

    /** It goes on below what it had acknowledged. */
    static MillraceException lost(String stream, long nextOffset, long acknowledgedThrough) {
        return MillraceException.of(
                Code.DATA_LOSS,
                "%s goes on at offset %d, but all below %d was acknowledged; was the server's data restored?"
                        .formatted(stream, nextOffset, acknowledgedThrough));
    }

    /** It breaks the protocol. */
    static MillraceException broken(String stream, String what) {
        return MillraceException.of(Code.INTERNAL, "the server " + what + ", on " + stream);
    }
}
