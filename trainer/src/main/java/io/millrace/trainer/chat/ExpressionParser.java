package io.millrace.trainer.chat;

import io.millrace.trainer.chat.Expression.Comparand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Jinja's expressions, from the loosest binding ({@code a if b else c}) to the tightest ({@code a.b}, {@code a|f}). */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final TokenStream tokens;
    private final OperandParser operands;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        this.operands = new OperandParser(tokens, this);
    }

    /** One expression, or several with commas between: a tuple. */
    Expression tupleOrExpression() {
        return tupleOr(expression());
    }

    /** The same without {@code a if b else c}, whose {@code if} would be the loop's own. */
    Expression tupleOrUnconditional() {
        return tupleOr(or());
    }

    private Expression tupleOr(Expression first) {
        if (!tokens.atOperator(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !atTupleEnd()) {
            items.add(expression());
        }
        return new Expression.TupleDisplay(items);
    }

    private boolean atTupleEnd() {
        return tokens.at(Token.Kind.OUTPUT_END)
                || tokens.at(Token.Kind.BLOCK_END)
                || tokens.atOperator(")")
                || tokens.atName("recursive");
    }

    FilterCall filter() {
        return operands.filter();
    }

    List<FilterCall> filters() {
        return operands.filters();
    }

    Expression expression() {
        tokens.enter();
        Expression expression = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
            expression = new Expression.Conditional(condition, expression, otherwise);
        }
        tokens.leave();
        return expression;
    }

    private Expression or() {
        Expression left = and();
        while (tokens.skipName("or")) {
            left = new Expression.Either(left, and(), true);
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.skipName("and")) {
            left = new Expression.Either(left, not(), false);
        }
        return left;
    }

    private Expression not() {
        if (!tokens.skipName("not")) {
            return comparison();
        }
        tokens.enter();
        Expression negated = new Expression.Not(not());
        tokens.leave();
        return negated;
    }

    private Expression comparison() {
        Expression first = sum();
        List<Comparand> others = new ArrayList<>();
        while (true) {
            if (tokens.at(Token.Kind.OPERATOR)
                    && COMPARISONS.contains(tokens.peek().text())) {
                others.add(new Comparand(tokens.next().text(), sum()));
            } else if (tokens.skipName("in")) {
                others.add(new Comparand("in", sum()));
            } else if (tokens.atName("not") && tokens.peekNext().isName("in")) {
                tokens.next();
                tokens.next();
                others.add(new Comparand("not in", sum()));
            } else {
                return others.isEmpty() ? first : new Expression.Comparison(first, others);
            }
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.atOperator("+") || tokens.atOperator("-")) {
            left = new Expression.Calculation(tokens.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.atOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Expression.Concatenation(parts);
    }

    private Expression product() {
        Expression left = power();
        while (tokens.at(Token.Kind.OPERATOR) && PRODUCTS.contains(tokens.peek().text())) {
            left = new Expression.Calculation(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = operands.operand();
        while (tokens.skipOperator("**")) {
            left = new Expression.Calculation("**", left, operands.operand());
        }
        return left;
    }
}
