package io.millrace.trainer.chat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;

/** Filters that make a number. */
final class NumberFilters {
    private NumberFilters() {}

    static Map<String, Filters.Filter> all() {
        return Map.of(
                "int", NumberFilters::integer,
                "float", NumberFilters::decimal,
                "round", NumberFilters::round,
                "abs",
                        (value, arguments) ->
                                Comparing.compare(value, 0L) < 0 ? Arithmetic.negate(value) : Values.asNumber(value));
    }

    private static Object integer(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("default", "base");
        Object fallback = bound.get("default", 0L);
        try {
            if (value instanceof Text text) {
                String digits = text.value().strip().replace("_", "");
                int base = (int) bound.integer("base", 10);
                return digits.matches("[+-]?\\w+")
                        ? (Object) Long.parseLong(digits, base)
                        : truncate(Double.parseDouble(digits));
            }
            return value instanceof Double number ? truncate(number) : (Object) Values.asInteger(value);
        } catch (NumberFormatException | ChatTemplateException e) {
            return fallback; // as Jinja's filter does with whatever is no number
        }
    }

    private static Object truncate(double number) {
        if (Double.isNaN(number) || Math.abs(number) >= Long.MAX_VALUE) {
            throw new NumberFormatException("no whole number of 64 bits: " + number);
        }
        return (long) number;
    }

    private static Object decimal(Object value, Arguments arguments) {
        Object fallback = arguments.bind("default").get("default", 0.0);
        try {
            return value instanceof Text text
                    ? Double.parseDouble(text.value().strip())
                    : Values.asNumber(value).doubleValue();
        } catch (NumberFormatException | ChatTemplateException e) {
            return fallback; // as Jinja's filter does with whatever is no number
        }
    }

    private static Object round(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("precision", "method");
        RoundingMode mode = switch (bound.text("method", "common").value()) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new ChatTemplateException("the rounding method must be common, ceil or floor");
        };
        Number number = Values.asNumber(value);
        double decimal = number.doubleValue();
        int precision = (int) Math.max(-400, Math.min(400, bound.integer("precision", 0)));
        if (Double.isNaN(decimal) || Double.isInfinite(decimal)) {
            return decimal;
        }
        double rounded = new BigDecimal(decimal).setScale(precision, mode).doubleValue();
        return number instanceof Long && mode == RoundingMode.HALF_EVEN ? (Object) (long) rounded : (Object) rounded;
    }
}
