package io.millrace.server.model;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;

/** Tries something several times, because networks fail for a moment. */
final class Retry {
    private static final int TRIES = 5;

    private final Duration pause;
    private final Progress progress;

    /** @param pause before the second try; each further one waits that much longer */
    Retry(Duration pause, Progress progress) {
        this.pause = pause;
        this.progress = progress;
    }

    /** What is tried. */
    interface Work<T> {
        /**
         * @throws ModelUnavailableException if another try would end the same
         * @throws IOException if another try may help
         */
        T run() throws IOException;
    }

    <T> T run(String what, Work<T> work) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return work.run();
            } catch (ModelUnavailableException | InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                if (attempt == TRIES) {
                    throw new ModelUnavailableException(
                            "%s failed %d times, at last: %s".formatted(what, TRIES, e.getMessage()), e);
                }
                progress.note("%s: %s; trying again".formatted(what, e.getMessage()));
                rest(attempt);
            }
        }
    }

    private void rest(int attempt) throws IOException {
        try {
            Thread.sleep(pause.multipliedBy(attempt).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between two tries");
        }
    }
}
