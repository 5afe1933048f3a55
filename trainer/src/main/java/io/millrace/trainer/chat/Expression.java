package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a template computes with; each kind knows how it is evaluated. */
sealed interface Expression {
    /** The value, without the bookkeeping of {@link #evaluate}. */
    Object value(Frame frame);

    /** @throws ChatTemplateException where Python or Jinja would raise an error, or the budget is spent */
    default Object evaluate(Frame frame) {
        frame.budget().enter();
        try {
            return value(frame);
        } finally {
            frame.budget().leave();
        }
    }

    static List<Object> evaluateAll(List<Expression> expressions, Frame frame) {
        List<Object> values = new ArrayList<>(expressions.size());
        expressions.forEach(expression -> values.add(expression.evaluate(frame)));
        return values;
    }

    record Literal(Object constant) implements Expression {
        @Override
        public Object value(Frame frame) {
            return constant;
        }
    }

    record Name(String name) implements Expression {
        @Override
        public Object value(Frame frame) {
            return frame.get(name);
        }
    }

    record ListDisplay(List<Expression> items) implements Expression {
        @Override
        public Object value(Frame frame) {
            return frame.budget().made(evaluateAll(items, frame));
        }
    }

    record TupleDisplay(List<Expression> items) implements Expression {
        @Override
        public Object value(Frame frame) {
            return frame.budget().made(new Tuple(evaluateAll(items, frame)));
        }
    }

    record Pair(Expression key, Expression value) {}

    record DictDisplay(List<Pair> pairs) implements Expression {
        @Override
        public Object value(Frame frame) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            pairs.forEach(
                    pair -> entries.put(pair.key().evaluate(frame), pair.value().evaluate(frame)));
            return frame.budget().made(Dict.of(entries));
        }
    }

    record Attribute(Expression target, String name) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object from = target.evaluate(frame);
            Object attribute = Subscripts.attribute(from, name);
            if (attribute instanceof Function) {
                frame.budget().read(from);
            }
            return attribute;
        }
    }

    record Item(Expression target, Expression key) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object from = target.evaluate(frame);
            if (from instanceof Text) {
                frame.budget().read(from);
            }
            return Subscripts.item(from, key.evaluate(frame));
        }
    }

    record Slice(Expression target, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object from = target.evaluate(frame);
            frame.budget().read(from);
            return frame.budget()
                    .made(Subscripts.slice(from, start.evaluate(frame), stop.evaluate(frame), step.evaluate(frame)));
        }
    }

    record Call(Expression callee, CallArguments arguments) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object called = callee.evaluate(frame);
            Arguments given =
                    arguments.evaluate(called instanceof Function function ? function.description() : "loop", frame);
            if (called instanceof Function function) {
                return frame.budget().made(function.body().call(given));
            } else if (called instanceof LoopState loop) {
                return loop.call(given);
            } else if (called instanceof Undefined undefined) {
                throw undefined.error();
            }
            throw new ChatTemplateException("'%s' object is not callable".formatted(Values.typeName(called)));
        }
    }

    record Filtered(Expression target, FilterCall filter) implements Expression {
        @Override
        public Object value(Frame frame) {
            return filter.apply(target.evaluate(frame), frame);
        }
    }

    record Tested(Expression target, String test, CallArguments arguments) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object tested = target.evaluate(frame);
            frame.budget().read(tested);
            return Tests.named(test).holds(tested, arguments.evaluate(test, frame));
        }
    }

    record Not(Expression operand) implements Expression {
        @Override
        public Object value(Frame frame) {
            return !Values.isTrue(operand.evaluate(frame));
        }
    }

    /** {@code and} and {@code or}: the operand that decides. */
    record Either(Expression left, Expression right, boolean leftDecidesWhen) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object first = left.evaluate(frame);
            return Values.isTrue(first) == leftDecidesWhen ? first : right.evaluate(frame);
        }
    }

    record Negated(Expression operand) implements Expression {
        @Override
        public Object value(Frame frame) {
            return Arithmetic.negate(operand.evaluate(frame));
        }
    }

    record Calculation(String operator, Expression left, Expression right) implements Expression {
        @Override
        public Object value(Frame frame) {
            return frame.budget().made(Arithmetic.apply(operator, left.evaluate(frame), right.evaluate(frame)));
        }
    }

    record Concatenation(List<Expression> parts) implements Expression {
        @Override
        public Object value(Frame frame) {
            return frame.budget().made(TextMethods.join(Text.EMPTY, evaluateAll(parts, frame)));
        }
    }

    record Comparand(String operator, Expression value) {}

    /** {@code a < b < c} and the like. */
    record Comparison(Expression first, List<Comparand> others) implements Expression {
        @Override
        public Object value(Frame frame) {
            Object left = first.evaluate(frame);
            for (Comparand other : others) {
                Object right = other.value().evaluate(frame);
                frame.budget().read(right);
                if (!Comparing.holds(other.operator(), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }
    }

    record Conditional(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {
        @Override
        public Object value(Frame frame) {
            if (Values.isTrue(condition.evaluate(frame))) {
                return then.evaluate(frame);
            }
            return otherwise
                    .map(expression -> expression.evaluate(frame))
                    .orElseGet(() -> new Undefined("the inline if-expression evaluated to false and has no else"));
        }
    }
}
