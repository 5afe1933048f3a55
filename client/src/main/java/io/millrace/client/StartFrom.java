package io.millrace.client;

/** Where a watcher begins. */
public sealed interface StartFrom {
    /** The newest revision, if there is one, then those to come. */
    record Latest() implements StartFrom {}

    /** The oldest revision still kept, then those after it. */
    record Earliest() implements StartFrom {}

    /** This revision, from 1 to the newest plus one, then those after it. */
    record Revision(long number) implements StartFrom {
        public Revision {
            if (number < 1) {
                throw new IllegalArgumentException("revision is %d; the first is 1".formatted(number));
            }
        }
    }

    static StartFrom latest() {
        return new Latest();
    }

    static StartFrom earliest() {
        return new Earliest();
    }

    static StartFrom revision(long number) {
        return new Revision(number);
    }
}
