package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Jinja's statements, as far as chat templates have them. */
final class TemplateParser {
    private static final int CHARACTERS = 1_000_000;

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private boolean marksGeneration;

    private TemplateParser(List<Token> tokens) {
        this.tokens = new TokenStream(tokens);
        this.expressions = new ExpressionParser(this.tokens);
    }

    /** @throws ChatTemplateException naming line, what and where */
    static ParsedTemplate parse(String template) {
        if (template.length() > CHARACTERS) {
            throw new ChatTemplateException(
                    "the template has %,d characters; at most %,d are parsed".formatted(template.length(), CHARACTERS));
        }
        TemplateParser parser = new TemplateParser(TemplateLexer.tokens(template));
        List<Statement> statements = parser.statements(Set.of());
        return new ParsedTemplate(statements, parser.marksGeneration);
    }

    /** Statements up to a tag that one of {@code ends} names, which is left to be read, or to the end where there are none. */
    private List<Statement> statements(Set<String> ends) {
        tokens.enter();
        int line = tokens.peek().line();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Data(token.line(), Text.of(token.text())));
                case OUTPUT_BEGIN -> {
                    statements.add(new Statement.Print(token.line(), expressions.tupleOrExpression()));
                    tokens.expect(Token.Kind.OUTPUT_END, "'}}'");
                }
                case BLOCK_BEGIN -> {
                    if (tokens.at(Token.Kind.NAME)
                            && ends.contains(tokens.peek().text())) {
                        tokens.leave();
                        return statements;
                    }
                    statements.add(statement());
                    endTag();
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw Source.errorAt(
                                line,
                                "the block that begins here has no end; expected "
                                        + String.join(" or ", new TreeSet<>(ends)));
                    }
                    tokens.leave();
                    return statements;
                }
            }
        }
    }

    private void endTag() {
        tokens.expect(Token.Kind.BLOCK_END, "'%}'");
    }

    /** Reads the end of a block's opening tag, its body and the name of its closing tag. */
    private List<Statement> body(String end) {
        List<Statement> body = bodyUpTo(Set.of(end));
        tokens.expectName(end);
        return body;
    }

    private List<Statement> bodyUpTo(Set<String> ends) {
        tokens.skipOperator(":");
        endTag();
        return statements(ends);
    }

    private Statement statement() {
        Token tag = tokens.expect(Token.Kind.NAME, "the name of a tag");
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> conditional(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "filter" -> filterBlock(line);
            case "with" -> with(line);
            case "generation" -> generation(line);
            case "break" -> new Statement.Jump(line, Statement.Flow.BREAK);
            case "continue" -> new Statement.Jump(line, Statement.Flow.CONTINUE);
            default -> throw Source.errorAt(line, "unknown tag '%s'".formatted(tag.text()));
        };
    }

    private Statement conditional(int line) {
        List<Statement.Branch> branches = new ArrayList<>();
        do {
            Expression condition = expressions.tupleOrUnconditional();
            branches.add(new Statement.Branch(condition, bodyUpTo(Set.of("elif", "else", "endif"))));
        } while (tokens.skipName("elif"));
        List<Statement> otherwise = tokens.skipName("else") ? bodyUpTo(Set.of("endif")) : List.of();
        tokens.expectName("endif");
        return new Statement.If(line, branches, otherwise);
    }

    private Statement loop(int line) {
        Target target = target();
        tokens.expectName("in");
        Expression iterable = expressions.tupleOrUnconditional();
        Optional<Expression> condition =
                tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
        boolean recursive = tokens.skipName("recursive");
        List<Statement> body = bodyUpTo(Set.of("else", "endfor"));
        List<Statement> otherwise = tokens.skipName("else") ? bodyUpTo(Set.of("endfor")) : List.of();
        tokens.expectName("endfor");
        return new Statement.For(line, target, iterable, condition, recursive, body, otherwise);
    }

    private Statement set(int line) {
        Target target = target();
        if (tokens.skipOperator("=")) {
            return new Statement.Set(line, target, expressions.tupleOrExpression());
        }
        List<FilterCall> filters = expressions.filters();
        return new Statement.SetBlock(line, target, filters, body("endset"));
    }

    private Target target() {
        Target first = singleTarget();
        if (!tokens.atOperator(",")) {
            return first;
        }
        List<Target> targets = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !tokens.atName("in") && !tokens.atOperator("=")) {
            targets.add(singleTarget());
        }
        return new Target.Several(targets);
    }

    private Target singleTarget() {
        if (tokens.skipOperator("(")) {
            tokens.enter();
            Target inside = target();
            tokens.leave();
            tokens.expectOperator(")");
            return inside;
        }
        String name = variable();
        return tokens.skipOperator(".") ? new Target.NamespaceAttribute(name, variable()) : new Target.Variable(name);
    }

    private String variable() {
        return tokens.expect(Token.Kind.NAME, "the name of a variable").text();
    }

    private Statement macro(int line) {
        String name = variable();
        tokens.expectOperator("(");
        List<Statement.Parameter> parameters = new ArrayList<>();
        while (!tokens.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            String parameter = variable();
            parameters.add(new Statement.Parameter(
                    parameter, tokens.skipOperator("=") ? Optional.of(expressions.expression()) : Optional.empty()));
        }
        return new Statement.Macro(line, name, parameters, body("endmacro"));
    }

    private Statement filterBlock(int line) {
        List<FilterCall> filters = new ArrayList<>(List.of(expressions.filter()));
        filters.addAll(expressions.filters());
        return new Statement.FilterBlock(line, filters, body("endfilter"));
    }

    private Statement with(int line) {
        List<Statement.Set> assignments = new ArrayList<>();
        while (!tokens.at(Token.Kind.BLOCK_END)) {
            if (!assignments.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = singleTarget();
            tokens.expectOperator("=");
            assignments.add(new Statement.Set(line, target, expressions.expression()));
        }
        return new Statement.With(line, assignments, body("endwith"));
    }

    private Statement generation(int line) {
        marksGeneration = true;
        return new Statement.Generation(line, body("endgeneration"));
    }
}
