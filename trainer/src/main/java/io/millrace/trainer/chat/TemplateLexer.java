package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into plain text and tags, with the whitespace control that transformers sets: {@code trim_blocks} (a newline
 * right after a block or comment goes) and {@code lstrip_blocks} (blanks before a block or comment that begins its line go).
 */
final class TemplateLexer {
    private final Source source;
    private final List<Token> tokens = new ArrayList<>();
    /** Whether what was read last ended a line, so that a block here begins one. */
    private boolean lineStarting = true;

    private TemplateLexer(String template) {
        this.source = new Source(template);
    }

    static List<Token> tokens(String template) {
        return new TemplateLexer(template).tokens();
    }

    private List<Token> tokens() {
        while (!source.atEnd()) {
            int tag = nextTag();
            if (tag < 0) {
                add(Token.Kind.DATA, source.readTo(source.text.length()));
            } else {
                readTag(tag);
            }
        }
        tokens.add(new Token(Token.Kind.END, "", source.line()));
        return List.copyOf(tokens);
    }

    private int nextTag() {
        for (int i = source.text.indexOf('{', source.position()); i >= 0; i = source.text.indexOf('{', i + 1)) {
            char kind = i + 1 < source.text.length() ? source.text.charAt(i + 1) : 0;
            if (kind == '{' || kind == '%' || kind == '#') {
                return i;
            }
        }
        return -1;
    }

    private void readTag(int tag) {
        char kind = source.text.charAt(tag + 1);
        readData(tag, kind != '{');
        source.read(2);
        char sign = source.peek(0);
        if (sign == '-' || sign == '+') {
            source.read(1);
        }
        lineStarting = false;
        switch (kind) {
            case '#' -> readComment();
            case '{' -> readCode(Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END, "}}");
            default -> {
                if (!readRaw()) {
                    readCode(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
                }
            }
        }
    }

    /** Reads the text before a tag, less the whitespace that the tag takes away. */
    private void readData(int tag, boolean strippable) {
        String data = source.text.substring(source.position(), tag);
        char sign = tag + 2 < source.text.length() ? source.text.charAt(tag + 2) : 0;
        int lineStart = data.lastIndexOf('\n') + 1;
        int end = data.length();
        if (sign == '-') {
            end = Whitespace.endWithout(data, 0);
        } else if (strippable
                && sign != '+'
                && (lineStart > 0 || lineStarting)
                && Whitespace.isBlank(data.substring(lineStart))) {
            end = lineStart;
        }
        add(Token.Kind.DATA, data.substring(0, end));
        source.readTo(tag);
    }

    private void add(Token.Kind kind, String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(kind, text, source.line()));
        }
    }

    private void readComment() {
        int end = source.text.indexOf("#}", source.position());
        if (end < 0) {
            throw source.error("the comment that begins here has no end; expected #}");
        }
        boolean signed = end > source.position() && "+-".indexOf(source.text.charAt(end - 1)) >= 0;
        source.readTo(signed ? end - 1 : end);
        readTagEnd("#}", true);
    }

    private void readCode(Token.Kind begin, Token.Kind end, String close) {
        int line = source.line();
        tokens.add(new Token(begin, source.text.substring(source.position() - 2, source.position()), line));
        ExpressionLexer expressions = new ExpressionLexer(source, tokens);
        while (true) {
            source.skipWhitespace();
            if (source.atEnd()) {
                throw Source.errorAt(line, "the tag that begins here has no end; expected " + close);
            }
            if (expressions.isBalanced() && atTagEnd(close)) {
                tokens.add(new Token(end, close, source.line()));
                readTagEnd(close, end == Token.Kind.BLOCK_END);
                return;
            }
            expressions.readToken();
        }
    }

    private boolean atTagEnd(String close) {
        return source.startsWith(close)
                || source.startsWith("-" + close)
                || (source.startsWith("+" + close) && !close.equals("}}"));
    }

    private void readTagEnd(String close, boolean trimsNewline) {
        int start = source.position();
        char sign = source.peek(0);
        source.read(sign == '-' || sign == '+' ? 1 + close.length() : close.length());
        if (sign == '-') {
            source.skipWhitespace();
        } else if (sign != '+' && trimsNewline && source.peek(0) == '\n') {
            source.read(1);
        }
        lineStarting = source.text.substring(start, source.position()).endsWith("\n");
    }

    /** Reads {@code raw %}…{% endraw %}} as plain text if the block is one. */
    private boolean readRaw() {
        int begin = endOfRawTag(source.position(), "raw");
        if (begin < 0) {
            return false;
        }
        source.readTo(begin);
        readTagEnd("%}", false);
        for (int tag = source.text.indexOf("{%", source.position());
                tag >= 0;
                tag = source.text.indexOf("{%", tag + 2)) {
            int name = tag + 2;
            if (name < source.text.length() && "+-".indexOf(source.text.charAt(name)) >= 0) {
                name++;
            }
            int end = endOfRawTag(name, "endraw");
            if (end >= 0) {
                readData(tag, true);
                source.readTo(end);
                readTagEnd("%}", true);
                return true;
            }
        }
        throw source.error("the raw block that begins here has no end; expected {% endraw %}");
    }

    /** Where {@code %}} or its signed form begins if the tag at {@code start} is called {@code name}, else -1. */
    private int endOfRawTag(int start, String name) {
        int i = Whitespace.skip(source.text, start);
        if (!source.text.startsWith(name, i)) {
            return -1;
        }
        i = Whitespace.skip(source.text, i + name.length());
        boolean ends = source.text.startsWith("%}", i)
                || source.text.startsWith("-%}", i)
                || (source.text.startsWith("+%}", i) && name.equals("endraw"));
        return ends ? i : -1;
    }
}
