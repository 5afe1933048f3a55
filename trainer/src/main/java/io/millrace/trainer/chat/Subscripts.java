package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code x.name}, {@code x[key]} and {@code x[start:stop:step]}. */
final class Subscripts {
    private static final Map<String, Set<String>> MUTATORS = Map.of(
            "dict", Set.of("clear", "pop", "popitem", "setdefault", "update"),
            "list", Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"));

    private Subscripts() {}

    /** Attributes go before entries, so {@code x.items} is the method even where the dict has such a key. */
    static Object attribute(Object target, String name) {
        if (target instanceof Undefined undefined) {
            throw undefined.error();
        } else if (target instanceof Namespace namespace) {
            return namespace.get(name);
        } else if (target instanceof LoopState loop) {
            return loop.attribute(name);
        }
        Function.@Nullable Body method = method(target, name);
        if (method != null) {
            return new Function(
                    "<built-in method %s of %s object at 0x%x>"
                            .formatted(name, Values.typeName(target), System.identityHashCode(target)),
                    method);
        } else if (MUTATORS.getOrDefault(Values.typeName(target), Set.of()).contains(name)) {
            return new Undefined(
                    "'%s' would change a %s, which a template must not".formatted(name, Values.typeName(target)));
        }
        return target instanceof Dict dict ? entry(dict, Text.of(name)) : missing(target, Text.of(name));
    }

    static Object item(Object target, Object key) {
        if (target instanceof Undefined undefined) {
            throw undefined.error();
        } else if (target instanceof Dict dict && dict.has(key)) {
            return entry(dict, key);
        } else if (Values.isInteger(key) && (target instanceof Text || target instanceof List)) {
            return element(target, Values.asInteger(key));
        }
        return key instanceof Text name ? attribute(target, name.value()) : missing(target, key);
    }

    private static Object entry(Dict dict, Object key) {
        Object value = dict.get(key);
        return value == null ? missing(dict, key) : value;
    }

    private static Object element(Object target, long index) {
        int size = Values.size(target);
        long position = index < 0 ? index + size : index;
        if (position < 0 || position >= size) {
            return missing(target, index);
        }
        return target instanceof Text text
                ? text.codePointAt((int) position)
                : Values.items(target).get((int) position);
    }

    private static Undefined missing(Object target, Object key) {
        return new Undefined("'%s object' has no %s %s"
                .formatted(Values.typeName(target), key instanceof Text ? "attribute" : "element", Printing.repr(key)));
    }

    private static Function.@Nullable Body method(Object target, String name) {
        if (target instanceof Text text) {
            TextMethods.Method method = TextMethods.named(name);
            return method == null ? null : arguments -> method.call(text, arguments);
        } else if (target instanceof Dict dict) {
            return dictMethod(dict, name);
        } else if (target instanceof List<?>) {
            return listMethod(Values.items(target), name);
        }
        return null;
    }

    private static Function.@Nullable Body dictMethod(Dict dict, String name) {
        return switch (name) {
            case "items" -> arguments -> Lazy.view("dict_items", pairs(dict));
            case "keys" ->
                arguments ->
                        Lazy.view("dict_keys", new ArrayList<>(dict.entries().keySet()));
            case "values" ->
                arguments ->
                        Lazy.view("dict_values", new ArrayList<>(dict.entries().values()));
            case "copy" -> arguments -> dict;
            case "get" ->
                arguments -> {
                    Arguments bound = arguments.bind("key", "default");
                    Object value = dict.get(bound.get("key"));
                    return value == null ? bound.get("default", None.NONE) : value;
                };
            default -> null;
        };
    }

    static List<Object> pairs(Dict dict) {
        List<Object> pairs = new ArrayList<>();
        dict.entries().forEach((key, value) -> pairs.add(Tuple.of(key, value)));
        return pairs;
    }

    private static Function.@Nullable Body listMethod(List<Object> list, String name) {
        return switch (name) {
            case "count" ->
                arguments -> {
                    Object wanted = arguments.bind("value").get("value");
                    return list.stream()
                            .filter(item -> Comparing.equal(item, wanted))
                            .count();
                };
            case "index" ->
                arguments -> {
                    Object wanted = arguments.bind("value").get("value");
                    for (int i = 0; i < list.size(); i++) {
                        if (Comparing.equal(list.get(i), wanted)) {
                            return (long) i;
                        }
                    }
                    throw new ChatTemplateException("%s is not in list".formatted(Printing.repr(wanted)));
                };
            case "copy" -> arguments -> list;
            default -> null;
        };
    }

    /** @param start and the others may be {@link None} for Python's defaults */
    static Object slice(Object target, Object start, Object stop, Object step) {
        if (target instanceof Undefined undefined) {
            throw undefined.error();
        } else if (!(target instanceof Text) && !(target instanceof List)) {
            return missing(target, Text.of("slice"));
        }
        long stride = step instanceof None ? 1 : Values.asInteger(step);
        if (stride == 0) {
            throw new ChatTemplateException("slice step cannot be zero");
        }
        int size = Values.size(target);
        stride = Math.max(-size - 1, Math.min(size + 1, stride)); // a longer one picks the same and might overflow
        int lowest = stride > 0 ? 0 : -1;
        int highest = stride > 0 ? size : size - 1;
        long first = start instanceof None ? (stride > 0 ? lowest : highest) : clamp(start, size, lowest, highest);
        long last = stop instanceof None ? (stride > 0 ? highest : lowest) : clamp(stop, size, lowest, highest);
        return target instanceof Text text && stride == 1
                ? cut(text, (int) first, (int) Math.max(first, last))
                : pick(target, first, last, stride);
    }

    private static long clamp(Object index, int size, int lowest, int highest) {
        long position = Values.asInteger(index);
        return Math.max(lowest, Math.min(highest, position < 0 ? position + size : position));
    }

    private static Text cut(Text text, int start, int stop) {
        int first = text.value().offsetByCodePoints(0, start);
        return text.substring(first, text.value().offsetByCodePoints(first, stop - start));
    }

    private static Object pick(Object target, long first, long last, long stride) {
        List<Object> items = Values.items(target);
        List<Object> picked = new ArrayList<>();
        for (long i = first; stride > 0 ? i < last : i > last; i += stride) {
            picked.add(items.get((int) i));
        }
        if (target instanceof Text) {
            return TextMethods.join(Text.EMPTY, picked);
        }
        return target instanceof Tuple ? new Tuple(picked) : picked;
    }
}
