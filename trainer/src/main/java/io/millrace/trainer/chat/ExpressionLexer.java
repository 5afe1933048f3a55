package io.millrace.trainer.chat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts what stands inside a tag into tokens, and knows whether its brackets are closed. */
final class ExpressionLexer {
    private static final Pattern FLOAT =
            Pattern.compile("\\d[\\d_]*(?:\\.\\d[\\d_]*(?:[eE][+-]?\\d[\\d_]*)?|[eE][+-]?\\d[\\d_]*)");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB][01_]+|0[oO][0-7_]+|0[xX][\\da-fA-F_]+|[1-9][\\d_]*|0[0_]*");
    private static final List<String> OPERATORS = List.of(
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",", ";");

    private final Source source;
    private final List<Token> tokens;
    private final Deque<String> open = new ArrayDeque<>();

    ExpressionLexer(Source source, List<Token> tokens) {
        this.source = source;
        this.tokens = tokens;
    }

    boolean isBalanced() {
        return open.isEmpty();
    }

    /** Reads one token; the source stands at no whitespace and not at its end. */
    void readToken() {
        char c = source.peek(0);
        if (c >= '0' && c <= '9') {
            readNumber();
        } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
            readName();
        } else if (c == '\'' || c == '"') {
            readString(c);
        } else {
            readOperator();
        }
    }

    private void readNumber() {
        boolean element = !tokens.isEmpty() && tokens.get(tokens.size() - 1).isOperator(".");
        Matcher matcher = FLOAT.matcher(source.text).region(source.position(), source.text.length());
        if (!element && matcher.lookingAt()) {
            add(Token.Kind.FLOAT, source.readTo(matcher.end()).replace("_", ""));
            return;
        }
        matcher.usePattern(INTEGER);
        if (!matcher.lookingAt()) {
            throw source.error("a number can't begin with '%c'".formatted(source.peek(0)));
        }
        add(Token.Kind.INTEGER, source.readTo(matcher.end()).replace("_", ""));
    }

    private void readName() {
        int length = 1;
        while (Character.isUnicodeIdentifierPart(source.peek(length)) && source.peek(length) != 0) {
            length++;
        }
        add(Token.Kind.NAME, source.read(length));
    }

    private void readString(char quote) {
        int line = source.line();
        int length = 1;
        while (source.peek(length) != quote) {
            length += source.peek(length) == '\\' ? 2 : 1;
            if (source.position() + length >= source.text.length()) {
                throw source.error("the string that begins here has no end; expected " + quote);
            }
        }
        String contents = source.read(length + 1).substring(1, length);
        tokens.add(new Token(Token.Kind.STRING, StringEscapes.resolve(contents, line), line));
    }

    private void readOperator() {
        String operator = OPERATORS.stream()
                .filter(source::startsWith)
                .findFirst()
                .orElseThrow(() -> source.error("unexpected character '%c'".formatted(source.peek(0))));
        switch (operator) {
            case "(" -> open.push(")");
            case "[" -> open.push("]");
            case "{" -> open.push("}");
            case ")", "]", "}" -> {
                if (!operator.equals(open.poll())) {
                    throw source.error("unexpected '%s', which closes nothing".formatted(operator));
                }
            }
            default -> {}
        }
        add(Token.Kind.OPERATOR, source.read(operator.length()));
    }

    private void add(Token.Kind kind, String text) {
        tokens.add(new Token(kind, text, source.line()));
    }
}
