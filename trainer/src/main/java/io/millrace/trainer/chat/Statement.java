package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a template does; each kind knows how it is carried out. */
sealed interface Statement {
    /** How a loop goes on after a statement. */
    enum Flow {
        NEXT,
        CONTINUE,
        BREAK
    }

    int line();

    /** Carries it out, without the bookkeeping of {@link #run}. */
    Flow execute(Frame frame);

    /** @throws ChatTemplateException with the line of the innermost statement that failed */
    default Flow run(Frame frame) {
        try {
            frame.budget().enter();
            return execute(frame);
        } catch (ChatTemplateException e) {
            throw e.atLine(line());
        } finally {
            frame.budget().leave();
        }
    }

    static Flow runAll(List<Statement> statements, Frame frame) {
        for (Statement statement : statements) {
            Flow flow = statement.run(frame);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    /** What the statements write, as a text. */
    static Text capture(List<Statement> statements, Frame frame) {
        Frame capturing = frame.capturing();
        runAll(statements, capturing);
        return frame.budget().made(capturing.output().text());
    }

    record Data(int line, Text text) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            frame.output().write(text);
            return Flow.NEXT;
        }
    }

    record Print(int line, Expression expression) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            frame.output().write(Printing.str(expression.evaluate(frame)));
            return Flow.NEXT;
        }
    }

    record Branch(Expression condition, List<Statement> body) {}

    record If(int line, List<Branch> branches, List<Statement> otherwise) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            for (Branch branch : branches) {
                if (Values.isTrue(branch.condition().evaluate(frame))) {
                    return runAll(branch.body(), frame);
                }
            }
            return runAll(otherwise, frame);
        }
    }

    record Jump(int line, Flow flow) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            return flow;
        }
    }

    record Set(int line, Target target, Expression expression) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            target.assign(frame, expression.evaluate(frame));
            return Flow.NEXT;
        }
    }

    record SetBlock(int line, Target target, List<FilterCall> filters, List<Statement> body) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            target.assign(frame, filter(filters, body, frame));
            return Flow.NEXT;
        }
    }

    record FilterBlock(int line, List<FilterCall> filters, List<Statement> body) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            frame.output().write(Printing.str(filter(filters, body, frame)));
            return Flow.NEXT;
        }
    }

    private static Object filter(List<FilterCall> filters, List<Statement> body, Frame frame) {
        Object value = capture(body, frame);
        for (FilterCall filter : filters) {
            value = filter.apply(value, frame);
        }
        return value;
    }

    record With(int line, List<Set> assignments, List<Statement> body) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            Frame inner = frame.inner();
            assignments.forEach(
                    set -> set.target().assign(inner, set.expression().evaluate(frame)));
            return runAll(body, inner);
        }
    }

    /** {@code {% generation %}}: transformers' mark of what the model generates. */
    record Generation(int line, List<Statement> body) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            int start = frame.output().length();
            Flow flow = runAll(body, frame.inner());
            frame.output().markGenerated(start);
            return flow;
        }
    }

    record Parameter(String name, Optional<Expression> fallback) {}

    record Macro(int line, String name, List<Parameter> parameters, List<Statement> body) implements Statement {
        @Override
        public Flow execute(Frame frame) {
            frame.set(name, new Function("<Macro '%s'>".formatted(name), given -> call(given, frame)));
            return Flow.NEXT;
        }

        /** Binds what is given by position or name; what is not given takes its default or is undefined. */
        private Object call(Arguments given, Frame defining) {
            Frame frame = defining.inner();
            frame.budget().iterate();
            String[] names = parameters.stream().map(Parameter::name).toArray(String[]::new);
            Arguments bound = given.bind(names);
            for (Parameter parameter : parameters) {
                String parameterName = parameter.name();
                Object missing = new Undefined("parameter '%s' was not provided".formatted(parameterName));
                frame.set(
                        parameterName,
                        bound.has(parameterName)
                                ? bound.get(parameterName)
                                : parameter
                                        .fallback()
                                        .map(value -> value.evaluate(frame))
                                        .orElse(missing));
            }
            return capture(body, frame);
        }
    }

    /**
     * @param condition which items the loop is over
     * @param recursive whether {@code loop(items)} runs the same loop over other items
     */
    record For(
            int line,
            Target target,
            Expression iterable,
            Optional<Expression> condition,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {
        @Override
        public Flow execute(Frame frame) {
            return loop(iterable.evaluate(frame), frame, 0);
        }

        private Flow loop(Object value, Frame frame, int depth) {
            List<Object> items = frame.budget().made(selected(Values.items(value), frame));
            LoopState state = new LoopState(items, depth, arguments -> recurse(arguments, frame, depth + 1));
            boolean completed = false;
            for (Object item : items) {
                frame.budget().iterate();
                state.advance();
                Flow flow = pass(item, state, frame);
                completed |= flow == Flow.NEXT;
                if (flow == Flow.BREAK) {
                    break;
                }
            }
            // Jinja's else follows unless a pass reached the end of the body: one that is always left by continue
            // doesn't.
            return completed ? Flow.NEXT : runAll(otherwise, frame.inner());
        }

        private Flow pass(Object item, LoopState state, Frame frame) {
            Frame inner = frame.inner();
            target.assign(inner, item);
            inner.set("loop", state);
            char around = frame.output().message();
            if (item instanceof Dict dict && dict.origin() != Text.TEMPLATE) {
                frame.output().setMessage(dict.origin());
            }
            Flow flow = runAll(body, inner);
            frame.output().setMessage(around);
            return flow;
        }

        private List<Object> selected(List<Object> items, Frame frame) {
            if (condition.isEmpty()) {
                return items;
            }
            List<Object> selected = new ArrayList<>();
            for (Object item : items) {
                frame.budget().iterate();
                Frame inner = frame.inner();
                target.assign(inner, item);
                if (Values.isTrue(condition.get().evaluate(inner))) {
                    selected.add(item);
                }
            }
            return selected;
        }

        private Object recurse(Arguments arguments, Frame frame, int depth) {
            if (!recursive) {
                throw new ChatTemplateException("a loop can be called only where it is marked 'recursive'");
            }
            Frame capturing = frame.capturing();
            loop(arguments.bind("items").get("items"), capturing, depth);
            return capturing.output().text();
        }
    }
}
