package io.millrace.trainer.chat;

/** A template's text and how far it has been read. */
final class Source {
    final String text;
    private int position;
    private int line = 1;

    /** Line ends become {@code \n}, and one at the very end is dropped, as Jinja does by default. */
    Source(String template) {
        String unified = template.replace("\r\n", "\n").replace('\r', '\n');
        this.text = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
    }

    int position() {
        return position;
    }

    int line() {
        return line;
    }

    boolean atEnd() {
        return position == text.length();
    }

    /** The character {@code offset} units ahead, or 0 past the end. */
    char peek(int offset) {
        int index = position + offset;
        return index < text.length() ? text.charAt(index) : 0;
    }

    boolean startsWith(String prefix) {
        return text.startsWith(prefix, position);
    }

    /** Reads up to {@code end} and returns what was read. */
    String readTo(int end) {
        String read = text.substring(position, end);
        line += (int) read.chars().filter(c -> c == '\n').count();
        position = end;
        return read;
    }

    String read(int length) {
        return readTo(position + length);
    }

    void skipWhitespace() {
        readTo(Whitespace.skip(text, position));
    }

    ChatTemplateException error(String what) {
        return errorAt(line, what);
    }

    static ChatTemplateException errorAt(int line, String what) {
        return new ChatTemplateException(what).atLine(line);
    }
}
