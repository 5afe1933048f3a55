package io.millrace.trainer.chat;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Jinja's tests: what may stand after {@code is}. */
final class Tests {
    @FunctionalInterface
    interface Test {
        boolean holds(Object value, Arguments arguments);
    }

    private static final Map<String, Test> TESTS = new HashMap<>();

    static {
        TESTS.put("defined", (value, arguments) -> !(value instanceof Undefined));
        TESTS.put("undefined", (value, arguments) -> value instanceof Undefined);
        TESTS.put("none", (value, arguments) -> value instanceof None);
        TESTS.put("boolean", (value, arguments) -> value instanceof Boolean);
        TESTS.put("true", (value, arguments) -> value.equals(true));
        TESTS.put("false", (value, arguments) -> value.equals(false));
        TESTS.put("integer", (value, arguments) -> value instanceof Long);
        TESTS.put("float", (value, arguments) -> value instanceof Double);
        TESTS.put("number", (value, arguments) -> Values.isNumber(value));
        TESTS.put("string", (value, arguments) -> value instanceof Text);
        TESTS.put("mapping", (value, arguments) -> value instanceof Dict);
        TESTS.put("sequence", (value, arguments) -> isSequence(value));
        TESTS.put("iterable", (value, arguments) -> Values.isIterable(value));
        TESTS.put("callable", (value, arguments) -> value instanceof Function);
        TESTS.put("sameas", (value, arguments) -> {
            Object other = arguments.bind("other").get("other");
            return value == other || (Values.isNumber(value) && value.equals(other));
        });
        TESTS.put("upper", (value, arguments) -> isUnchangedBy(value, true));
        TESTS.put("lower", (value, arguments) -> isUnchangedBy(value, false));
        TESTS.put("odd", (value, arguments) -> Math.floorMod(Values.asInteger(value), 2L) == 1);
        TESTS.put("even", (value, arguments) -> Math.floorMod(Values.asInteger(value), 2L) == 0);
        TESTS.put("divisibleby", (value, arguments) -> {
            Object divisor = arguments.bind("num").get("num");
            return Comparing.equal(Arithmetic.apply("%", value, divisor), 0L);
        });
        comparison("==", "eq", "equalto");
        comparison("!=", "ne");
        comparison("<", "lt", "lessthan");
        comparison("<=", "le");
        comparison(">", "gt", "greaterthan");
        comparison(">=", "ge");
        comparison("in");
    }

    private Tests() {}

    private static void comparison(String operator, String... names) {
        Test test = (value, arguments) ->
                Comparing.holds(operator, value, arguments.bind("other").get("other"));
        TESTS.put(operator, test);
        List.of(names).forEach(name -> TESTS.put(name, test));
    }

    /** @throws ChatTemplateException if there is no such test */
    static Test named(String name) {
        Test test = TESTS.get(name);
        if (test == null) {
            throw new ChatTemplateException("unknown test '%s'".formatted(name));
        }
        return test;
    }

    private static boolean isSequence(Object value) {
        return value instanceof Text || value instanceof List || value instanceof Dict || value instanceof Undefined;
    }

    private static boolean isUnchangedBy(Object value, boolean upper) {
        Text text = Printing.str(value);
        String cased =
                upper ? text.value().toUpperCase(Locale.ROOT) : text.value().toLowerCase(Locale.ROOT);
        boolean hasCase = text.value().codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
        return hasCase && cased.equals(text.value());
    }
}
