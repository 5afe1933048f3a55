package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The methods of Python's {@code str} that cut it into pieces. */
final class TextSplitting {
    private TextSplitting() {}

    static List<Object> split(Text text, Arguments arguments) {
        return split(text, arguments, false);
    }

    static List<Object> splitFromRight(Text text, Arguments arguments) {
        return split(text, arguments, true);
    }

    private static List<Object> split(Text text, Arguments arguments, boolean fromRight) {
        Arguments bound = arguments.bind("sep", "maxsplit");
        Object separator = bound.get("sep", None.NONE);
        long limit = bound.integer("maxsplit", -1);
        int cuts = limit < 0 ? Integer.MAX_VALUE : (int) Math.min(limit, Integer.MAX_VALUE);
        if (separator instanceof None) {
            return fromRight ? wordsFromRight(text, cuts) : words(text, cuts);
        }
        String at = Values.asText(separator).value();
        if (at.isEmpty()) {
            throw new ChatTemplateException("empty separator");
        }
        return fromRight ? fromRight(text, at, cuts) : at(text, at, cuts);
    }

    /** The pieces between the first {@code cuts} occurrences of {@code separator}, which is not empty. */
    static List<Object> at(Text text, String separator, int cuts) {
        List<Object> pieces = new ArrayList<>();
        int start = 0;
        int found = text.value().indexOf(separator);
        while (found >= 0 && pieces.size() < cuts) {
            add(pieces, text.substring(start, found));
            start = found + separator.length();
            found = text.value().indexOf(separator, start);
        }
        add(pieces, text.substring(start));
        return pieces;
    }

    private static List<Object> fromRight(Text text, String separator, int cuts) {
        List<Object> pieces = new ArrayList<>();
        int end = text.length();
        int found = text.value().lastIndexOf(separator);
        while (found >= 0 && pieces.size() < cuts) {
            add(pieces, text.substring(found + separator.length(), end));
            end = found;
            found = end < separator.length() ? -1 : text.value().lastIndexOf(separator, end - separator.length());
        }
        add(pieces, text.substring(0, end));
        Collections.reverse(pieces);
        return pieces;
    }

    private static List<Object> words(Text text, int cuts) {
        List<Object> words = new ArrayList<>();
        int start = Whitespace.skip(text.value(), 0);
        while (start < text.length()) {
            int end = start;
            while (end < text.length() && !Whitespace.is(text.value().charAt(end))) {
                end++;
            }
            if (words.size() == cuts) {
                end = text.length();
            }
            add(words, text.substring(start, end));
            start = Whitespace.skip(text.value(), end);
        }
        return words;
    }

    private static List<Object> wordsFromRight(Text text, int cuts) {
        List<Object> words = new ArrayList<>();
        int end = wordEnd(text, text.length());
        while (end > 0) {
            int start = words.size() == cuts ? 0 : wordStart(text, end);
            add(words, text.substring(start, end));
            end = wordEnd(text, start);
        }
        Collections.reverse(words);
        return words;
    }

    private static int wordEnd(Text text, int before) {
        int end = before;
        while (end > 0 && Whitespace.is(text.value().charAt(end - 1))) {
            end--;
        }
        return end;
    }

    private static int wordStart(Text text, int end) {
        int start = end;
        while (start > 0 && !Whitespace.is(text.value().charAt(start - 1))) {
            start--;
        }
        return start;
    }

    static List<Object> splitLines(Text text, Arguments arguments) {
        boolean keepsEnds = arguments.bind("keepends").flag("keepends");
        List<Object> lines = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            int end = start;
            while (end < text.length() && !isLineEnd(text.value().charAt(end))) {
                end++;
            }
            int next = text.value().startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length());
            add(lines, text.substring(start, keepsEnds ? next : end));
            start = next;
        }
        return lines;
    }

    private static boolean isLineEnd(char c) {
        return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    static Tuple partition(Text text, Arguments arguments) {
        String separator = arguments.bind("sep").text("sep").value();
        int found = text.value().indexOf(separator);
        return found < 0 ? Tuple.of(text, Text.EMPTY, Text.EMPTY) : partition(text, found, separator.length());
    }

    static Tuple partitionFromRight(Text text, Arguments arguments) {
        String separator = arguments.bind("sep").text("sep").value();
        int found = text.value().lastIndexOf(separator);
        return found < 0 ? Tuple.of(Text.EMPTY, Text.EMPTY, text) : partition(text, found, separator.length());
    }

    private static Tuple partition(Text text, int start, int length) {
        return Tuple.of(
                text.substring(0, start), text.substring(start, start + length), text.substring(start + length));
    }

    private static void add(List<Object> pieces, Text piece) {
        Values.requireItems(pieces.size() + 1L);
        pieces.add(piece);
    }
}
