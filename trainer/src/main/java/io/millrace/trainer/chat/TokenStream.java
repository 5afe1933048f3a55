package io.millrace.trainer.chat;

import java.util.List;

/** The tokens of a template and how far they have been parsed. */
final class TokenStream {
    private static final int DEPTH = 100;

    private final List<Token> tokens;
    private int position;
    private int depth;

    /** @param tokens the last of them of kind {@link Token.Kind#END} */
    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(position);
    }

    Token peekNext() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    boolean at(Token.Kind kind) {
        return peek().kind() == kind;
    }

    boolean atOperator(String operator) {
        return peek().isOperator(operator);
    }

    boolean atName(String name) {
        return peek().isName(name);
    }

    Token next() {
        Token token = peek();
        position = Math.min(position + 1, tokens.size() - 1);
        return token;
    }

    boolean skipOperator(String operator) {
        boolean skips = atOperator(operator);
        if (skips) {
            next();
        }
        return skips;
    }

    boolean skipName(String name) {
        boolean skips = atName(name);
        if (skips) {
            next();
        }
        return skips;
    }

    Token expect(Token.Kind kind, String description) {
        if (!at(kind)) {
            throw error("expected %s, but here is %s".formatted(description, peek()));
        }
        return next();
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw error("expected '%s', but here is %s".formatted(operator, peek()));
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw error("expected '%s', but here is %s".formatted(name, peek()));
        }
    }

    /** Enters a part that may contain others of its kind; {@link #leave} ends it. */
    void enter() {
        if (++depth > DEPTH) {
            throw error("the template is nested more than %d levels deep".formatted(DEPTH));
        }
    }

    void leave() {
        depth--;
    }

    ChatTemplateException error(String what) {
        return Source.errorAt(peek().line(), what);
    }
}
