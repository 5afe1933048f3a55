package io.millrace.trainer.chat;

/** What one render may use; templates come from strangers' files and must neither stall nor exhaust the process. */
final class Budget {
    /** The longest text, the rendered one included, in UTF-16 units. */
    static final int CHARACTERS = 10_000_000;
    /** The longest list. */
    static final int ITEMS = 1_000_000;

    private static final int ITERATIONS = 1_000_000;
    private static final int STEPS = 20_000_000;
    private static final int DEPTH = 500;
    private static final int STEPS_PER_MADE_ITEM = 8;
    private static final int READ_PER_STEP = 16;

    private int iterations;
    private long steps;
    private int depth;

    /** Counts one pass through the body of a loop or a macro. */
    void iterate() {
        if (++iterations > ITERATIONS) {
            throw new ChatTemplateException(
                    "the template loops or calls macros more than %,d times".formatted(ITERATIONS));
        }
    }

    /** Counts one step that may contain others; {@link #leave} ends it. */
    void enter() {
        spend(1);
        if (++depth > DEPTH) {
            throw new ChatTemplateException(
                    "the template nests or recurses more than %,d levels deep".formatted(DEPTH));
        }
    }

    void leave() {
        depth--;
    }

    /** Counts the work of looking through a value. */
    void read(Object value) {
        spend(units(value) / READ_PER_STEP);
    }

    /** Counts the room that a new value takes. */
    <T> T made(T value) {
        spend(value instanceof Text ? units(value) : (long) units(value) * STEPS_PER_MADE_ITEM);
        return value;
    }

    private static int units(Object value) {
        if (value instanceof Text text) {
            return text.length();
        } else if (value instanceof Lazy lazy) {
            return lazy.items().size();
        }
        return Values.isSized(value) ? Values.size(value) : 0;
    }

    private void spend(long more) {
        steps += more;
        if (steps > STEPS) {
            throw new ChatTemplateException("the template takes more than %,d steps".formatted(STEPS));
        }
    }
}
