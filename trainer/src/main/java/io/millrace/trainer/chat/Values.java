package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;

/**
 * The values a template works with and what Python says about them: {@link None}, Boolean, Long, Double, {@link Text}, List
 * ({@link Tuple} among them), {@link Dict}, {@link Lazy}, {@link Namespace}, {@link Function}, {@link LoopState} and {@link Undefined}.
 */
final class Values {
    private Values() {}

    static boolean isTrue(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        } else if (value instanceof Long integer) {
            return integer != 0;
        } else if (value instanceof Double number) {
            return number != 0;
        } else if (value instanceof None || value instanceof Undefined) {
            return false;
        }
        return value instanceof Text text ? !text.isEmpty() : !isSized(value) || size(value) > 0;
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    static boolean isSized(Object value) {
        return value instanceof Text
                || value instanceof List
                || value instanceof Dict
                || value instanceof Undefined
                || (value instanceof Lazy lazy && lazy.sized());
    }

    /** Python's {@code len}. */
    static int size(Object value) {
        if (value instanceof Text text) {
            return text.codePoints();
        } else if (value instanceof List<?> list) {
            return list.size();
        } else if (value instanceof Dict dict) {
            return dict.entries().size();
        } else if (value instanceof Lazy lazy && lazy.sized()) {
            return lazy.items().size();
        } else if (value instanceof Undefined) {
            return 0;
        }
        throw new ChatTemplateException("object of type '%s' has no len()".formatted(typeName(value)));
    }

    static boolean isIterable(Object value) {
        return isSized(value) || value instanceof Lazy;
    }

    /** What a loop over the value meets. */
    static List<Object> items(Object value) {
        if (value instanceof List<?> list) {
            return limited(list);
        } else if (value instanceof Dict dict) {
            return new ArrayList<>(dict.entries().keySet());
        } else if (value instanceof Lazy lazy) {
            return lazy.items();
        } else if (value instanceof Text text) {
            return codePoints(text);
        } else if (value instanceof Undefined) {
            return List.of();
        }
        throw new ChatTemplateException("'%s' object is not iterable".formatted(typeName(value)));
    }

    @SuppressWarnings("unchecked") // a template's lists hold values, none of them null
    private static List<Object> limited(List<?> list) {
        return (List<Object>) list;
    }

    private static List<Object> codePoints(Text text) {
        requireItems(text.length());
        List<Object> characters = new ArrayList<>(text.length());
        for (int start = 0; start < text.length(); ) {
            int end = text.value().offsetByCodePoints(start, 1);
            characters.add(text.substring(start, end));
            start = end;
        }
        return characters;
    }

    /** @throws ChatTemplateException if a list of that many items is longer than a render may make */
    static void requireItems(long count) {
        if (count > Budget.ITEMS) {
            throw new ChatTemplateException(
                    "the template makes a list of %,d items; at most %,d are allowed".formatted(count, Budget.ITEMS));
        }
    }

    static Text asText(Object value) {
        if (value instanceof Text text) {
            return text;
        }
        throw value instanceof Undefined undefined
                ? undefined.error()
                : new ChatTemplateException("a string is needed, not '%s'".formatted(typeName(value)));
    }

    static long asInteger(Object value) {
        if (value instanceof Long integer) {
            return integer;
        } else if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        throw value instanceof Undefined undefined
                ? undefined.error()
                : new ChatTemplateException(
                        "'%s' object cannot be interpreted as an integer".formatted(typeName(value)));
    }

    /** The value as a number for arithmetic: a Long or a Double. */
    static Number asNumber(Object value) {
        return value instanceof Double number ? number : (Number) asInteger(value);
    }

    /** Python's name of the value's type. */
    static String typeName(Object value) {
        if (value instanceof None) {
            return "NoneType";
        } else if (value instanceof Boolean) {
            return "bool";
        } else if (value instanceof Long) {
            return "int";
        } else if (value instanceof Double) {
            return "float";
        } else if (value instanceof Text) {
            return "str";
        } else if (value instanceof Tuple) {
            return "tuple";
        } else if (value instanceof List) {
            return "list";
        } else if (value instanceof Dict) {
            return "dict";
        } else if (value instanceof Lazy lazy) {
            return lazy.type();
        }
        return value.getClass().getSimpleName();
    }
}
