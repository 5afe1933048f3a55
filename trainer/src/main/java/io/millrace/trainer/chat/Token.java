package io.millrace.trainer.chat;

/**
 * @param text a string's contents with its escapes resolved, otherwise the source text
 * @param line counted from 1
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        OUTPUT_BEGIN,
        OUTPUT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind expected, String expectedText) {
        return kind == expected && text.equals(expectedText);
    }

    boolean isOperator(String operator) {
        return is(Kind.OPERATOR, operator);
    }

    boolean isName(String name) {
        return is(Kind.NAME, name);
    }

    @Override
    public String toString() {
        return kind == Kind.END ? "the end of the template" : "'" + text + "'";
    }
}
