package io.millrace.trainer.tokenizer;

/** Turns positions counted in code points, as the native tokenizer counts, into positions in a Java string. */
final class Utf16Positions {
    private final String text;
    private int codePoints;
    private int position;

    Utf16Positions(String text) {
        this.text = text;
    }

    /** Positions are asked for nearly in order, so each is found from the one before. */
    int of(int codePoint) {
        position = text.offsetByCodePoints(position, codePoint - codePoints);
        codePoints = codePoint;
        return position;
    }
}
