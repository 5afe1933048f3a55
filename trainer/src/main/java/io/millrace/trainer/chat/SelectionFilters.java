package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Filters that apply a filter or a test to each item: {@code map}, {@code select} and their kin. */
final class SelectionFilters {
    private SelectionFilters() {}

    static Map<String, Filters.Filter> all() {
        return Map.of(
                "map", SelectionFilters::map,
                "select", (value, arguments) -> select(value, arguments, 0, true),
                "reject", (value, arguments) -> select(value, arguments, 0, false),
                "selectattr", (value, arguments) -> select(value, arguments, 1, true),
                "rejectattr", (value, arguments) -> select(value, arguments, 1, false));
    }

    private static Object map(Object value, Arguments arguments) {
        List<Object> items = itemsOrNone(value);
        if (arguments.positional().isEmpty()) {
            Arguments bound = arguments.bind("attribute", "default");
            List<Object> mapped = attributes(items, bound.get("attribute"));
            mapped.replaceAll(item -> item instanceof Undefined ? bound.get("default", item) : item);
            return Lazy.generator(mapped);
        }
        Filters.Filter filter = Filters.named(first(arguments));
        Arguments rest = arguments.after(1);
        List<Object> mapped = new ArrayList<>();
        items.forEach(item -> {
            arguments.budget().read(item);
            mapped.add(arguments.budget().made(filter.apply(item, rest)));
        });
        return Lazy.generator(mapped);
    }

    /** @param attributes 1 if what is tested is an attribute of the item, 0 if the item itself */
    private static Object select(Object value, Arguments arguments, int attributes, boolean wanted) {
        Arguments rest =
                arguments.after(Math.min(attributes, arguments.positional().size()));
        Predicate<Object> test = rest.positional().isEmpty() ? Values::isTrue : test(rest);
        List<Object> selected = new ArrayList<>();
        for (Object item : itemsOrNone(value)) {
            Object tested = attributes == 0 ? item : attribute(item, Text.of(first(arguments)));
            arguments.budget().read(tested);
            if (test.test(tested) == wanted) {
                selected.add(item);
            }
        }
        return Lazy.generator(selected);
    }

    /** None and the like have no items here, where other filters fail at them. */
    private static List<Object> itemsOrNone(Object value) {
        return Values.isTrue(value) ? Values.items(value) : List.of();
    }

    private static Predicate<Object> test(Arguments arguments) {
        Tests.Test test = Tests.named(first(arguments));
        Arguments rest = arguments.after(1);
        return value -> test.holds(value, rest);
    }

    private static String first(Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new ChatTemplateException(
                    "%s needs the name of an attribute, filter or test".formatted(arguments.callee()));
        }
        return Values.asText(arguments.positional().get(0)).value();
    }

    static List<Object> attributes(List<Object> items, Object path) {
        List<Object> attributes = new ArrayList<>(items.size());
        items.forEach(item -> attributes.add(attribute(item, path)));
        return attributes;
    }

    /** @param path an index, a name or several of both with dots between */
    static Object attribute(Object item, Object path) {
        if (!(path instanceof Text names)) {
            return Subscripts.item(item, path);
        }
        Object value = item;
        for (String name : names.value().split("\\.", -1)) {
            value = Subscripts.item(value, name.matches("\\d{1,9}") ? (Object) Long.parseLong(name) : Text.of(name));
        }
        return value;
    }
}
