package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What operators work on: names, literals, brackets, and the attributes, calls, filters and tests that follow them. */
final class OperandParser {
    private static final Set<Token.Kind> BEGINS_OPERAND =
            Set.of(Token.Kind.NAME, Token.Kind.STRING, Token.Kind.INTEGER, Token.Kind.FLOAT);
    private static final Set<String> ENDS_TEST = Set.of("else", "or", "and");

    private final TokenStream tokens;
    private final ExpressionParser expressions;

    OperandParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** An operand with its sign, postfixes, filters and tests. */
    Expression operand() {
        return filtered(signed());
    }

    private Expression signed() {
        Expression operand;
        if (tokens.atOperator("-") || tokens.atOperator("+")) {
            boolean negative = tokens.next().isOperator("-");
            tokens.enter();
            operand = negative ? new Expression.Negated(signed()) : signed();
            tokens.leave();
        } else {
            operand = primary();
        }
        return withPostfixes(operand);
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case NAME -> name(token);
            case STRING -> strings(token);
            case INTEGER -> new Expression.Literal(integer(token));
            case FLOAT -> new Expression.Literal(Double.parseDouble(token.text()));
            case OPERATOR -> bracket(token);
            default -> throw unexpected(token);
        };
    }

    private static Expression name(Token token) {
        return switch (token.text()) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(None.NONE);
            default -> new Expression.Name(token.text());
        };
    }

    private Expression strings(Token first) {
        StringBuilder joined = new StringBuilder(first.text());
        while (tokens.at(Token.Kind.STRING)) {
            joined.append(tokens.next().text());
        }
        return new Expression.Literal(Text.of(joined.toString()));
    }

    private static Long integer(Token token) {
        String digits = token.text();
        char base = digits.length() > 1 ? Character.toLowerCase(digits.charAt(1)) : '0';
        int radix = base == 'x' ? 16 : base == 'o' ? 8 : base == 'b' ? 2 : 10;
        try {
            return Long.parseLong(radix == 10 ? digits : digits.substring(2), radix);
        } catch (NumberFormatException e) {
            throw Source.errorAt(token.line(), "the number %s exceeds 64 bits".formatted(digits));
        }
    }

    private Expression bracket(Token token) {
        return switch (token.text()) {
            case "(" -> parenthesis();
            case "[" -> list();
            case "{" -> dict();
            default -> throw unexpected(token);
        };
    }

    private Expression parenthesis() {
        if (tokens.skipOperator(")")) {
            return new Expression.TupleDisplay(List.of());
        }
        Expression inside = expressions.tupleOrExpression();
        tokens.expectOperator(")");
        return inside;
    }

    private Expression list() {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skipOperator("]")) {
            separate(items.isEmpty());
            if (!tokens.atOperator("]")) {
                items.add(expressions.expression());
            }
        }
        return new Expression.ListDisplay(items);
    }

    private Expression dict() {
        List<Expression.Pair> pairs = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
            separate(pairs.isEmpty());
            if (!tokens.atOperator("}")) {
                Expression key = expressions.expression();
                tokens.expectOperator(":");
                pairs.add(new Expression.Pair(key, expressions.expression()));
            }
        }
        return new Expression.DictDisplay(pairs);
    }

    private void separate(boolean first) {
        if (!first) {
            tokens.expectOperator(",");
        }
    }

    private Expression withPostfixes(Expression operand) {
        Expression result = operand;
        while (true) {
            if (tokens.skipOperator(".")) {
                result = attribute(result);
            } else if (tokens.skipOperator("[")) {
                result = subscript(result);
            } else if (tokens.atOperator("(")) {
                result = new Expression.Call(result, arguments());
            } else {
                return result;
            }
        }
    }

    private Expression attribute(Expression target) {
        if (tokens.at(Token.Kind.INTEGER)) {
            return new Expression.Item(target, new Expression.Literal(integer(tokens.next())));
        }
        return new Expression.Attribute(
                target,
                tokens.expect(Token.Kind.NAME, "the name of an attribute").text());
    }

    private Expression subscript(Expression target) {
        Expression none = new Expression.Literal(None.NONE);
        Expression first = tokens.atOperator(":") ? none : expressions.expression();
        if (!tokens.atOperator(":")) {
            tokens.expectOperator("]");
            return new Expression.Item(target, first);
        }
        List<Expression> bounds = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(":")) {
            bounds.add(tokens.atOperator(":") || tokens.atOperator("]") ? none : expressions.expression());
        }
        tokens.expectOperator("]");
        if (bounds.size() > 3) {
            throw tokens.error("a slice has at most three parts");
        }
        return new Expression.Slice(target, first, bounds.get(1), bounds.size() > 2 ? bounds.get(2) : none);
    }

    private CallArguments arguments() {
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Optional<Expression> list = Optional.empty();
        Optional<Expression> dict = Optional.empty();
        boolean first = true;
        while (!tokens.skipOperator(")")) {
            separate(first);
            first = false;
            if (tokens.atOperator(")")) {
                continue;
            }
            if (tokens.skipOperator("*")) {
                list = Optional.of(expressions.expression());
            } else if (tokens.skipOperator("**")) {
                dict = Optional.of(expressions.expression());
            } else if (tokens.at(Token.Kind.NAME) && tokens.peekNext().isOperator("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.put(name, expressions.expression());
            } else if (named.isEmpty() && list.isEmpty() && dict.isEmpty()) {
                positional.add(expressions.expression());
            } else {
                throw tokens.error("an argument without a name stands after those with one");
            }
        }
        return new CallArguments(positional, named, list, dict);
    }

    private Expression filtered(Expression operand) {
        Expression result = operand;
        while (true) {
            if (tokens.atOperator("|")) {
                for (FilterCall filter : filters()) {
                    result = new Expression.Filtered(result, filter);
                }
            } else if (tokens.skipName("is")) {
                result = test(result);
            } else if (tokens.atOperator("(")) {
                result = new Expression.Call(result, arguments());
            } else {
                return result;
            }
        }
    }

    /** {@code |a|b(…)}; none is fine too. */
    List<FilterCall> filters() {
        List<FilterCall> filters = new ArrayList<>();
        while (tokens.skipOperator("|")) {
            filters.add(filter());
        }
        return filters;
    }

    FilterCall filter() {
        Token name = tokens.expect(Token.Kind.NAME, "the name of a filter");
        return new FilterCall(name.text(), tokens.atOperator("(") ? arguments() : CallArguments.NONE);
    }

    private Expression test(Expression operand) {
        boolean negated = tokens.skipName("not");
        Token name = tokens.expect(Token.Kind.NAME, "the name of a test");
        Expression tested = new Expression.Tested(operand, name.text(), testArguments());
        return negated ? new Expression.Not(tested) : tested;
    }

    private CallArguments testArguments() {
        if (tokens.atOperator("(")) {
            return arguments();
        }
        boolean follows = BEGINS_OPERAND.contains(tokens.peek().kind())
                && !ENDS_TEST.contains(tokens.peek().text());
        if (tokens.atName("is")) {
            throw tokens.error("tests can't be chained with 'is'");
        } else if (!follows && !tokens.atOperator("[") && !tokens.atOperator("{")) {
            return CallArguments.NONE;
        }
        return new CallArguments(List.of(withPostfixes(primary())), Map.of(), Optional.empty(), Optional.empty());
    }

    private static ChatTemplateException unexpected(Token token) {
        return Source.errorAt(token.line(), "expected an expression, but here is " + token);
    }
}
