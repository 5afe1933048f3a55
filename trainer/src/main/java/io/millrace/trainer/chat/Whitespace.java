package io.millrace.trainer.chat;

/** What Python takes for whitespace ({@code str.isspace}, {@code str.strip}, {@code \s}); all of it one UTF-16 unit wide. */
final class Whitespace {
    private Whitespace() {}

    static boolean is(int c) {
        return (c >= '\t' && c <= '\r')
                || (c >= 0x1c && c <= ' ')
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    static boolean isBlank(String text) {
        return skip(text, 0) == text.length();
    }

    /** The first index at or after {@code start} that holds no whitespace, or the text's length. */
    static int skip(String text, int start) {
        int i = start;
        while (i < text.length() && is(text.charAt(i))) {
            i++;
        }
        return i;
    }

    /** The end of the text once trailing whitespace after {@code start} is left out. */
    static int endWithout(String text, int start) {
        int end = text.length();
        while (end > start && is(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }
}
