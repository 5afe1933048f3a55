package io.millrace.client;

/** When to send, and how much at once. */
final class AppendSize {
    private AppendSize() {}

    /**
     * How many examples to send now. What doesn't fill an append waits until everything before it is answered: a source
     * that pauses has its examples sent at once, a fast one gets full appends, and no clock is needed. An append holds
     * either stored examples or new ones, never both.
     *
     * @param storedThrough examples with offsets below this are stored already, and are offered again
     * @return 0: not now
     */
    static int next(SendWindow window, SendLimits limits, AppendCall call, long storedThrough) {
        long toStored = storedThrough - window.sendOffset();
        int most = toStored > 0 ? (int) Math.min(toStored, limits.appendExamples()) : limits.appendExamples();
        boolean full = window.unsentCount() >= most || window.unsentBytes() >= limits.appendBytes();
        if (window.unsentCount() == 0 || !(full || call.isIdle())) {
            return 0;
        }
        int wanted = Math.max(1, window.fitting(most, limits.appendBytes()));
        int granted = window.fitting(Math.min(wanted, call.grantedExamples(window.sentCount())), call.grantedBytes());
        return granted == wanted || call.isIdle() ? granted : 0;
    }
}
