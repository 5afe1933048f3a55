package io.millrace.trainer.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** JSON values of LoRA's fields, read and written; errors name the field, its value and what it should be. */
final class LoraFields {
    private LoraFields() {}

    static int integer(String field, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(field, value, "a whole number");
        }
        return value.intValue();
    }

    static double number(String field, JsonNode value) {
        if (!value.isNumber()) {
            throw wrong(field, value, "a number");
        }
        return value.doubleValue();
    }

    static boolean flag(String field, JsonNode value) {
        if (!value.isBoolean()) {
            throw wrong(field, value, "true or false");
        }
        return value.booleanValue();
    }

    static Map<String, Integer> ranks(String field, JsonNode value) {
        Map<String, Integer> ranks = patterns(field, value, rank -> integer(field, rank));
        ranks.forEach((pattern, rank) -> {
            if (rank < 1 || rank > 1024) {
                throw new IllegalArgumentException(
                        "%s has %d for \"%s\"; a rank must be 1 to 1024".formatted(field, rank, pattern));
            }
        });
        return ranks;
    }

    static Map<String, Double> alphas(String field, JsonNode value) {
        Map<String, Double> alphas = patterns(field, value, alpha -> number(field, alpha));
        alphas.forEach((pattern, alpha) -> {
            if (!(alpha > 0)) {
                throw new IllegalArgumentException(
                        "%s has %s for \"%s\"; an alpha must be above 0".formatted(field, alpha, pattern));
            }
        });
        return alphas;
    }

    /** Whole numbers without a fraction, as people write them. */
    static JsonNode json(double number) {
        boolean whole = number == Math.rint(number) && Math.abs(number) < Integer.MAX_VALUE;
        return whole ? JsonNodeFactory.instance.numberNode((int) number) : JsonNodeFactory.instance.numberNode(number);
    }

    static ObjectNode ranksJson(Map<String, Integer> ranks) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ranks.forEach(json::put);
        return json;
    }

    static ObjectNode alphasJson(Map<String, Double> alphas) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        alphas.forEach((pattern, alpha) -> json.set(pattern, json(alpha)));
        return json;
    }

    private static <T> Map<String, T> patterns(String field, JsonNode value, Function<JsonNode, T> read) {
        if (!value.isObject()) {
            throw wrong(field, value, "an object from module patterns to numbers");
        }
        Map<String, T> patterns = new LinkedHashMap<>();
        value.properties().forEach(entry -> patterns.put(entry.getKey(), read.apply(entry.getValue())));
        return patterns;
    }

    private static IllegalArgumentException wrong(String field, JsonNode value, String expected) {
        return new IllegalArgumentException("%s is %s; it must be %s".formatted(field, value, expected));
    }
}
