package io.millrace.trainer.chat;

/** Puts texts together, up to the length that a render may reach. */
final class TextBuilder {
    private final StringBuilder value = new StringBuilder();
    private final StringBuilder origins = new StringBuilder();

    TextBuilder append(Text text) {
        reserve(text.length());
        value.append(text.value());
        origins.append(text.origins());
        return this;
    }

    TextBuilder append(Text text, int start, int end) {
        reserve(end - start);
        value.append(text.value(), start, end);
        origins.append(text.origins(), start, end);
        return this;
    }

    TextBuilder append(String written) {
        return append(written, Text.TEMPLATE);
    }

    TextBuilder append(String written, char origin) {
        reserve(written.length());
        value.append(written);
        origins.append(String.valueOf(origin).repeat(written.length()));
        return this;
    }

    /** @param count 0 or less for nothing */
    TextBuilder repeat(Text text, long count) {
        for (long i = 0; i < count && !text.isEmpty(); i++) {
            append(text);
        }
        return this;
    }

    int length() {
        return value.length();
    }

    Text build() {
        return new Text(value.toString(), origins.toString());
    }

    private void reserve(int more) {
        if (more > Budget.CHARACTERS - value.length()) {
            throw new ChatTemplateException(
                    "the template makes a text of more than %,d characters".formatted(Budget.CHARACTERS));
        }
    }
}
