package io.millrace.trainer.chat;

import java.util.Arrays;
import java.util.List;

/** Python's {@code ==}, {@code <} and {@code in}. */
final class Comparing {
    private Comparing() {}

    static boolean holds(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> equal(left, right);
            case "!=" -> !equal(left, right);
            case "in" -> contains(right, left);
            case "not in" -> !contains(right, left);
            case "<" -> compare(left, right) < 0;
            case "<=" -> compare(left, right) <= 0;
            case ">" -> compare(left, right) > 0;
            case ">=" -> compare(left, right) >= 0;
            default -> throw new IllegalStateException(operator);
        };
    }

    static boolean equal(Object left, Object right) {
        if (Values.isNumber(left) && Values.isNumber(right)) {
            return compareNumbers(left, right) == 0;
        } else if (left instanceof List<?> a && right instanceof List<?> b) {
            if (a instanceof Tuple != b instanceof Tuple || a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        } else if (left instanceof Dict a && right instanceof Dict b) {
            return a.entries().size() == b.entries().size()
                    && a.entries().entrySet().stream().allMatch(entry -> {
                        Object other = b.get(entry.getKey());
                        return other != null && equal(entry.getValue(), other);
                    });
        }
        return left.equals(right);
    }

    /** Negative, 0 or positive, as {@code left} is below, equal to or above {@code right}. */
    static int compare(Object left, Object right) {
        if (Values.isNumber(left) && Values.isNumber(right)) {
            return compareNumbers(left, right);
        } else if (left instanceof Text a && right instanceof Text b) {
            return Arrays.compare(
                    a.value().codePoints().toArray(), b.value().codePoints().toArray());
        } else if (left instanceof List<?> a && right instanceof List<?> b) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return compare(a.get(i), b.get(i));
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        throw Arithmetic.unsupported("comparison", left, right);
    }

    private static int compareNumbers(Object left, Object right) {
        Number a = Values.asNumber(left);
        Number b = Values.asNumber(right);
        return a instanceof Long && b instanceof Long
                ? Long.compare(a.longValue(), b.longValue())
                : Double.compare(a.doubleValue() + 0.0, b.doubleValue() + 0.0); // + 0.0: -0.0 equals 0.0
    }

    static boolean contains(Object container, Object item) {
        if (container instanceof Text text) {
            if (!(item instanceof Text part)) {
                throw new ChatTemplateException(
                        "'in <string>' requires string as left operand, not " + Values.typeName(item));
            }
            return text.value().contains(part.value());
        } else if (container instanceof Dict dict) {
            return dict.has(item);
        } else if (Values.isIterable(container)) {
            return Values.items(container).stream().anyMatch(other -> equal(other, item));
        }
        throw new ChatTemplateException("argument of type '%s' is not iterable".formatted(Values.typeName(container)));
    }
}
