package io.millrace.server.api;

/** Page sizes as list requests carry them. */
public final class Pages {
    private static final int USUAL = 100;
    private static final int MOST = 1000;

    private Pages() {}

    /** @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if it is negative */
    public static int size(int requested) {
        if (requested < 0) {
            throw ApiErrors.invalid("page_size", "page_size is %d; it must be 0 to %d".formatted(requested, MOST));
        }
        return requested == 0 ? USUAL : Math.min(requested, MOST);
    }
}
