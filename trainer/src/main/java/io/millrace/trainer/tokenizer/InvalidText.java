package io.millrace.trainer.tokenizer;

import java.util.Optional;

/** What keeps a string from being text: the native tokenizer takes UTF-8 only, and NUL is the mark of a damaged record. */
final class InvalidText {
    private InvalidText() {}

    /** Why the text can't be used, for its sender; absent if it can. */
    static Optional<String> in(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                return Optional.of("has a NUL character at position %d; remove it".formatted(i));
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return Optional.of("has half a character (lone surrogate U+%04X) at position %d; send valid Unicode"
                        .formatted((int) c, i));
            }
        }
        return Optional.empty();
    }
}
