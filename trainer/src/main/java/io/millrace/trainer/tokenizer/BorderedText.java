package io.millrace.trainer.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Encodes a text so that every token lies on one side of each border, because at inference the model's prompt ends at a
 * border and what it generates starts there. The parts between borders are encoded one by one; a tokenizer that puts a space
 * in front of every text encodes the whole instead, and then a token across a border can't be helped.
 */
final class BorderedText {
    private BorderedText() {}

    /**
     * @param borders positions in the text, ascending
     * @return absent if a token lies across a border
     */
    static Optional<Encoding> encode(TextTokenizer tokenizer, String text, List<Integer> borders) {
        if (tokenizer.addsLeadingSpace()) {
            Encoding whole = tokenizer.encode(text);
            boolean crossed = borders.stream().anyMatch(border -> crosses(whole, border));
            return crossed ? Optional.empty() : Optional.of(whole);
        }
        List<Encoding> parts = new ArrayList<>();
        int start = 0;
        for (int border : borders) {
            if (start < border) {
                parts.add(tokenizer.encode(text.substring(start, border)).movedBy(start));
            }
            start = border;
        }
        if (start < text.length()) {
            parts.add(tokenizer.encode(text.substring(start)).movedBy(start));
        }
        return Optional.of(Encoding.concatenation(parts));
    }

    private static boolean crosses(Encoding encoding, int border) {
        for (int i = 0; i < encoding.length(); i++) {
            if (encoding.starts()[i] < border && border < encoding.ends()[i]) {
                return true;
            }
        }
        return false;
    }
}
