package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;

/**
 * A rendered conversation.
 *
 * @param pieces what was written one after another, in the order of the text and without gaps
 * @param generated what {@code {% generation %}} blocks wrote
 */
record Rendered(Text text, List<Piece> pieces, List<Span> generated) {
    /**
     * One thing written: a stretch of plain text or the value of one {@code {{ }}}.
     *
     * @param message the message (from 1) at which the loop around it stood, or {@link Text#TEMPLATE}
     */
    record Piece(int start, int end, char message) {}

    String value() {
        return text.value();
    }

    /** Where the loop over the messages wrote something on account of this one; places with nothing but whitespace don't count. */
    List<Span> regions(char message) {
        List<Span> regions = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            int first = i;
            while (i < pieces.size() && pieces.get(i).message() == message) {
                i++;
            }
            if (i > first) {
                Span region =
                        new Span(pieces.get(first).start(), pieces.get(i - 1).end());
                if (!Whitespace.isBlank(value().substring(region.start(), region.end()))) {
                    regions.add(region);
                }
            }
        }
        return regions;
    }

    /** What was written after everything that belongs to a message. */
    String closing() {
        int end = 0;
        for (Piece piece : pieces) {
            end = piece.message() == Text.TEMPLATE ? end : piece.end();
        }
        return value().substring(end);
    }

    /** What the template writes in a region before anything that stems from a message. */
    String lead(Span region) {
        int end = region.start();
        while (end < region.end() && text.origins().charAt(end) == Text.TEMPLATE) {
            end++;
        }
        return value().substring(region.start(), end);
    }

    /** The end of what stems from this message within {@code [start, end)}, or {@code start} if nothing does. */
    int endOf(char message, int start, int end) {
        return Math.max(start, text.origins().lastIndexOf(message, end - 1) + 1);
    }

    boolean holds(char message) {
        return text.origins().indexOf(message) >= 0;
    }

    /** Whether some of {@code [start, end)} stems from another message than this one. */
    boolean holdsOther(char message, int start, int end) {
        return text.origins().substring(start, end).chars().anyMatch(c -> c != Text.TEMPLATE && c != message);
    }

    /** What was written piece by piece from {@code start}, which may lie within a piece, to {@code end}. */
    List<String> piecesIn(int start, int end) {
        return pieces.stream()
                .filter(piece -> piece.end() > start && piece.start() < end)
                .map(piece -> value().substring(Math.max(start, piece.start()), Math.min(end, piece.end())))
                .toList();
    }

    /** How many characters two sequences of pieces have in common, counting whole pieces only. */
    static int common(List<String> a, List<String> b) {
        int length = 0;
        for (int i = 0; i < Math.min(a.size(), b.size()) && a.get(i).equals(b.get(i)); i++) {
            length += a.get(i).length();
        }
        return length;
    }
}
