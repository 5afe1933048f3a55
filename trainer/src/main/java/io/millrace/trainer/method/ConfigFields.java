package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.peft.SpellCheck;
import io.millrace.trainer.peft.TargetModules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/** A method's fields in an adapter's config; errors name the field, its value and what it should be. */
public final class ConfigFields {
    private final String method;
    private final ObjectNode fields;
    private final TreeSet<String> known = new TreeSet<>();

    /** @param fields what hasn't been read of the config; reading a field takes it out */
    public ConfigFields(String method, ObjectNode fields) {
        this.method = method;
        this.fields = fields;
    }

    /** @throws IllegalArgumentException unless it is a whole number in this range */
    public int integer(String name, int otherwise, int least, int most) {
        JsonNode value = take(name).orElse(null);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > most) {
            throw wrong(name, value, "a whole number from %d to %d".formatted(least, most));
        }
        return value.intValue();
    }

    /** @throws IllegalArgumentException unless it is a number in this range */
    public double number(String name, double otherwise, double least, double most) {
        JsonNode value = take(name).orElse(null);
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            throw wrong(name, value, "a number from %s to %s".formatted(least, most));
        }
        return value.doubleValue();
    }

    /** @throws IllegalArgumentException unless it is one of these, in whatever case */
    public <E extends Enum<E>> E choice(String name, E otherwise) {
        JsonNode value = take(name).orElse(null);
        if (value == null) {
            return otherwise;
        }
        List<String> words = new ArrayList<>();
        for (E constant : otherwise.getDeclaringClass().getEnumConstants()) {
            words.add(constant.name().toLowerCase(Locale.ROOT));
            if (value.isTextual() && value.textValue().equalsIgnoreCase(constant.name())) {
                return constant;
            }
        }
        throw wrong(name, value, "one of " + String.join(", ", words));
    }

    /** @throws IllegalArgumentException unless it is a text or null */
    public Optional<String> text(String name) {
        return take(name).map(value -> {
            if (!value.isTextual()) {
                throw wrong(name, value, "a text");
            }
            return value.textValue();
        });
    }

    /** @throws IllegalArgumentException unless it is a list of names, a regular expression or {@code "all-linear"} */
    public Optional<TargetModules> targets(String name) {
        return take(name).map(value -> TargetModules.read(name, value));
    }

    /** Whether it is there and says none; it is taken out then. */
    boolean isNone(String name) {
        return fields.path(name).isArray()
                && fields.path(name).isEmpty()
                && take(name).isPresent();
    }

    /** All that hasn't been read, for a method that reads its fields by itself. */
    ObjectNode rest() {
        ObjectNode rest = fields.deepCopy();
        fields.removeAll();
        return rest;
    }

    private Optional<JsonNode> take(String name) {
        known.add(name);
        return Optional.<JsonNode>ofNullable(fields.remove(name)).filter(value -> !value.isNull());
    }

    /** @throws IllegalArgumentException if a field is left that nobody has read */
    void checkAllRead() {
        if (!fields.isEmpty()) {
            String name = fields.fieldNames().next();
            throw new IllegalArgumentException(
                    known.isEmpty()
                            ? "%s is not a field of %s's config, which has none".formatted(name, method)
                            : "%s is not a field of %s's config; did you mean %s?"
                                    .formatted(name, method, SpellCheck.nearest(name, known)));
        }
    }

    private static IllegalArgumentException wrong(String name, JsonNode value, String expected) {
        return new IllegalArgumentException("%s is %s; it must be %s".formatted(name, value, expected));
    }
}
