package io.millrace.trainer.chat;

/**
 * A string in which every character knows where it stems from, so that a conversation's turns can be found again in the
 * rendered text. To a template it is a plain string: two texts of the same characters are equal.
 *
 * @param value the characters
 * @param origins as long as {@code value}: 0 for what the template itself writes, otherwise the number of the message (from 1)
 */
record Text(String value, String origins) {
    static final char TEMPLATE = 0;
    static final Text EMPTY = of("");

    static Text of(String value) {
        return of(value, TEMPLATE);
    }

    static Text of(String value, char origin) {
        return new Text(value, String.valueOf(origin).repeat(value.length()));
    }

    int length() {
        return value.length();
    }

    boolean isEmpty() {
        return value.isEmpty();
    }

    Text substring(int start, int end) {
        return new Text(value.substring(start, end), origins.substring(start, end));
    }

    Text substring(int start) {
        return substring(start, length());
    }

    Text plus(Text other) {
        return new TextBuilder().append(this).append(other).build();
    }

    /** The first message that any of the characters stems from, or {@link #TEMPLATE}. */
    char origin() {
        return (char) origins.chars().filter(c -> c != TEMPLATE).findFirst().orElse(TEMPLATE);
    }

    /** Other characters in place of these; where they are as many, each keeps its origin. */
    Text withValue(String other) {
        return other.length() == length() ? new Text(other, origins) : of(other, origin());
    }

    int codePoints() {
        return value.codePointCount(0, length());
    }

    /** The {@code index}th code point as a text. */
    Text codePointAt(int index) {
        int start = value.offsetByCodePoints(0, index);
        return substring(start, value.offsetByCodePoints(start, 1));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && value.equals(text.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
