package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic on numbers, strings and lists; whole numbers are limited to 64 bits. */
final class Arithmetic {
    private Arithmetic() {}

    static Object apply(String operator, Object left, Object right) {
        try {
            return switch (operator) {
                case "+" -> plus(left, right);
                case "*" -> times(left, right);
                case "%" -> left instanceof Text format ? TextFormat.percent(format, right) : modulo(left, right);
                case "-" -> minus(left, right);
                case "/" -> numbers("/", left, right)[0].doubleValue() / divisor(right);
                case "//" -> floorDivide(left, right);
                case "**" -> power(left, right);
                default -> throw new IllegalStateException(operator);
            };
        } catch (ArithmeticException e) {
            throw new ChatTemplateException("a whole number exceeds 64 bits", e);
        }
    }

    static Object negate(Object operand) {
        return operand instanceof Double number ? (Object) (-number) : minus(0L, operand);
    }

    static ChatTemplateException unsupported(String operator, Object left, Object right) {
        if (left instanceof Undefined undefined) {
            return undefined.error();
        } else if (right instanceof Undefined undefined) {
            return undefined.error();
        }
        return new ChatTemplateException("unsupported operand types for %s: '%s' and '%s'"
                .formatted(operator, Values.typeName(left), Values.typeName(right)));
    }

    private static Object plus(Object left, Object right) {
        if (left instanceof Text a && right instanceof Text b) {
            return a.plus(b);
        } else if (left instanceof List<?> a
                && right instanceof List<?> b
                && a instanceof Tuple == b instanceof Tuple) {
            Values.requireItems((long) a.size() + b.size());
            List<Object> both = new ArrayList<>(a);
            both.addAll(b);
            return a instanceof Tuple ? new Tuple(both) : both;
        } else if (left instanceof Text && !(right instanceof Undefined)) {
            throw new ChatTemplateException(
                    "can only concatenate str (not \"%s\") to str".formatted(Values.typeName(right)));
        }
        Number[] operands = numbers("+", left, right);
        return whole(operands)
                ? (Object) Math.addExact(operands[0].longValue(), operands[1].longValue())
                : (Object) (operands[0].doubleValue() + operands[1].doubleValue());
    }

    private static Object minus(Object left, Object right) {
        Number[] operands = numbers("-", left, right);
        return whole(operands)
                ? (Object) Math.subtractExact(operands[0].longValue(), operands[1].longValue())
                : (Object) (operands[0].doubleValue() - operands[1].doubleValue());
    }

    private static Object times(Object left, Object right) {
        if (Values.isInteger(left) && (right instanceof Text || right instanceof List)) {
            return times(right, left);
        } else if (left instanceof Text text && Values.isInteger(right)) {
            return new TextBuilder().repeat(text, Values.asInteger(right)).build();
        } else if (left instanceof List<?> list && Values.isInteger(right)) {
            long count = list.isEmpty() ? 0 : Math.max(0, Values.asInteger(right));
            Values.requireItems(Math.multiplyExact(list.size(), count));
            List<Object> repeated = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                repeated.addAll(list);
            }
            return list instanceof Tuple ? new Tuple(repeated) : repeated;
        }
        Number[] operands = numbers("*", left, right);
        return whole(operands)
                ? (Object) Math.multiplyExact(operands[0].longValue(), operands[1].longValue())
                : (Object) (operands[0].doubleValue() * operands[1].doubleValue());
    }

    private static Object modulo(Object left, Object right) {
        Number[] operands = numbers("%", left, right);
        double divisor = divisor(right);
        if (whole(operands)) {
            return Math.floorMod(operands[0].longValue(), operands[1].longValue());
        }
        double remainder = operands[0].doubleValue() % divisor;
        return remainder != 0 && remainder < 0 != divisor < 0 ? remainder + divisor : remainder;
    }

    private static Object floorDivide(Object left, Object right) {
        Number[] operands = numbers("//", left, right);
        double divisor = divisor(right);
        return whole(operands)
                ? (Object) Math.floorDiv(operands[0].longValue(), operands[1].longValue())
                : (Object) Math.floor(operands[0].doubleValue() / divisor);
    }

    private static Object power(Object left, Object right) {
        Number[] operands = numbers("**", left, right);
        long exponent = operands[1].longValue();
        if (!whole(operands) || exponent < 0) {
            return Math.pow(operands[0].doubleValue(), operands[1].doubleValue());
        }
        long base = operands[0].longValue();
        if (Math.abs(base) <= 1) {
            return base == -1 && exponent % 2 == 0 || exponent == 0 ? 1L : base;
        }
        long power = 1;
        for (long i = 0; i < exponent; i++) {
            power = Math.multiplyExact(power, base); // overflows, and so ends, within 64 rounds
        }
        return power;
    }

    private static double divisor(Object right) {
        double divisor = Values.asNumber(right).doubleValue();
        if (divisor == 0) {
            throw new ChatTemplateException("division by zero");
        }
        return divisor;
    }

    private static Number[] numbers(String operator, Object left, Object right) {
        if (!Values.isNumber(left) || !Values.isNumber(right)) {
            throw unsupported(operator, left, right);
        }
        return new Number[] {Values.asNumber(left), Values.asNumber(right)};
    }

    private static boolean whole(Number[] operands) {
        return operands[0] instanceof Long && operands[1] instanceof Long;
    }
}
