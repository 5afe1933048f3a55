package io.millrace.trainer.chat;

/** The backslash escapes of Python's string literals; one that Python doesn't know stays as it is written. */
final class StringEscapes {
    private static final String LETTERS = "\\'\"abfnrtv";
    private static final String MEANINGS = "\\'\"\u0007\b\f\n\r\t\u000b";

    private final String contents;
    private final int line;
    private final StringBuilder resolved = new StringBuilder();
    private int next;

    private StringEscapes(String contents, int line) {
        this.contents = contents;
        this.line = line;
    }

    static String resolve(String contents, int line) {
        return new StringEscapes(contents, line).resolve();
    }

    private String resolve() {
        while (next < contents.length()) {
            char c = contents.charAt(next++);
            if (c == '\\') {
                resolveEscape(contents.charAt(next++));
            } else {
                resolved.append(c);
            }
        }
        return resolved.toString();
    }

    private void resolveEscape(char letter) {
        int known = LETTERS.indexOf(letter);
        if (known >= 0) {
            resolved.append(MEANINGS.charAt(known));
        } else if (letter >= '0' && letter <= '7') {
            resolveOctal();
        } else {
            switch (letter) {
                case '\n' -> {}
                case 'x' -> resolveHexadecimal(2);
                case 'u' -> resolveHexadecimal(4);
                case 'U' -> resolveHexadecimal(8);
                case 'N' -> throw Source.errorAt(line, "\\N{…} is not supported; write the character itself");
                default -> resolved.append('\\').append(letter);
            }
        }
    }

    private void resolveOctal() {
        int start = next - 1;
        while (next < contents.length()
                && next < start + 3
                && contents.charAt(next) >= '0'
                && contents.charAt(next) <= '7') {
            next++;
        }
        resolved.appendCodePoint(Integer.parseInt(contents, start, next, 8));
    }

    private void resolveHexadecimal(int digits) {
        int end = next + digits;
        try {
            resolved.appendCodePoint(Integer.parseInt(contents, next, end, 16));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw Source.errorAt(
                    line,
                    "the escape \\%c needs %d hexadecimal digits of a character"
                            .formatted(contents.charAt(next - 1), digits));
        }
        next = end;
    }
}
