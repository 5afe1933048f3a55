package io.millrace.trainer.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a {@code config.json} or of a GGUF file's metadata, read with their types; what isn't as it should be is refused
 * by file, field and value. A JSON null counts as absent. Whole numbers are Longs, others Doubles.
 */
final class Fields {
    /** No size in a model comes near it; it keeps a lie from filling the heap. */
    private static final int MAX_COUNT = 1 << 24;

    private final Path file;
    private final String prefix;
    private final Map<String, ?> values;

    /** @param prefix put before every name that is asked for, such as {@code llama.} */
    Fields(Path file, String prefix, Map<String, ?> values) {
        this.file = file;
        this.prefix = prefix;
        this.values = values;
    }

    boolean has(String name) {
        return value(name) != null;
    }

    /** Whether the field is there, be it null. */
    boolean declares(String name) {
        return values.containsKey(prefix + name);
    }

    boolean isList(String name) {
        return value(name) instanceof List<?>;
    }

    /** No fields, of the same file. */
    Fields none() {
        return new Fields(file, "", Map.of());
    }

    /** A size: at least 1. */
    int count(String name) {
        return optionalCount(name).orElseThrow(() -> missing(name));
    }

    OptionalInt optionalCount(String name) {
        Object value = value(name);
        if (value == null) {
            return OptionalInt.empty();
        }
        if (value instanceof Long number && number >= 1 && number <= MAX_COUNT) {
            return OptionalInt.of(number.intValue());
        }
        throw refused(name, "is not a whole number from 1 to " + MAX_COUNT);
    }

    OptionalLong optionalWhole(String name) {
        Object value = value(name);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (value instanceof Long number) {
            return OptionalLong.of(number);
        }
        throw refused(name, "is not a whole number");
    }

    double positive(String name) {
        return optionalPositive(name).orElseThrow(() -> missing(name));
    }

    Optional<Double> optionalPositive(String name) {
        Object value = value(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Number number && number.doubleValue() > 0 && Double.isFinite(number.doubleValue())) {
            return Optional.of(number.doubleValue());
        }
        throw refused(name, "is not a number above 0");
    }

    boolean flag(String name, boolean absent) {
        Object value = value(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw refused(name, "is not true or false");
    }

    String text(String name) {
        return optionalText(name).orElseThrow(() -> missing(name));
    }

    Optional<String> optionalText(String name) {
        Object value = value(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return Optional.of(text);
        }
        throw refused(name, "is not a text");
    }

    Optional<List<?>> optionalList(String name) {
        Object value = value(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof List<?> list) {
            return Optional.of(list);
        }
        throw refused(name, "is not a list");
    }

    Optional<Fields> optionalObject(String name) {
        Object value = value(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Map<?, ?> map) {
            @SuppressWarnings("unchecked") // the keys of a JSON object are texts
            Map<String, ?> object = (Map<String, ?>) map;
            return Optional.of(new Fields(file, "", object));
        }
        throw refused(name, "is not an object");
    }

    private @Nullable Object value(String name) {
        return values.get(prefix + name);
    }

    ModelFormatException missing(String name) {
        return new ModelFormatException(file, "field %s%s is missing".formatted(prefix, name));
    }

    /** @param reason what is wrong with the field's value, which the message shows before it */
    ModelFormatException refused(String name, String reason) {
        String value = String.valueOf(value(name));
        String shown = value.length() > 100 ? value.substring(0, 100) + "…" : value;
        return new ModelFormatException(file, "field %s%s = %s %s".formatted(prefix, name, shown, reason));
    }

    ModelFormatException refused(String reason) {
        return new ModelFormatException(file, reason);
    }
}
