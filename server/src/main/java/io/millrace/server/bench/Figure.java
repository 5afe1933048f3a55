package io.millrace.server.bench;

import java.util.Locale;

/**
 * Something that was measured.
 *
 * @param name for scripts, unit included
 * @param label for people
 * @param value as scripts get it; NaN: unknown
 * @param unit as people are shown it
 */
record Figure(String name, String label, double value, Unit unit) {
    /** How a value is shown. */
    enum Unit {
        PER_SECOND(1, 0, "per second"),
        TOKENS_PER_SECOND(1, 0, "tokens per second"),
        MILLISECONDS(1, 2, "ms"),
        SECONDS(1, 2, "s"),
        SHARE(100, 2, "%"),
        BYTES(1e-6, 1, "MB");

        private final double factor;
        private final int decimals;
        private final String text;

        Unit(double factor, int decimals, String text) {
            this.factor = factor;
            this.decimals = decimals;
            this.text = text;
        }
    }

    /** A line of a table. */
    String line() {
        String format = "%-62s %12." + unit.decimals + "f %s";
        return String.format(Locale.ROOT, format, label, value * unit.factor, unit.text);
    }
}
