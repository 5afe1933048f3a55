package io.millrace.trainer.chat;

import java.util.HashMap;
import java.util.Map;

/**
 * Jinja's filters, and {@code tojson} as transformers has it: what may stand after {@code |}. One that is unknown fails only
 * where it is reached, since templates name filters of other renderers in branches that are never taken.
 */
final class Filters {
    @FunctionalInterface
    interface Filter {
        Object apply(Object value, Arguments arguments);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        FILTERS.putAll(TextFilters.all());
        FILTERS.putAll(NumberFilters.all());
        FILTERS.putAll(SequenceFilters.all());
        FILTERS.putAll(SelectionFilters.all());
        FILTERS.put("default", Filters::orDefault);
        FILTERS.put("d", Filters::orDefault);
        FILTERS.put("tojson", JsonText::of);
        FILTERS.put("attr", (value, arguments) -> {
            Object attribute = Subscripts.attribute(
                    value, arguments.bind("name").text("name").value());
            boolean entry = value instanceof Dict && !(attribute instanceof Function);
            return entry ? new Undefined("a dict's entries are no attributes") : attribute;
        });
    }

    private Filters() {}

    /** @throws ChatTemplateException if there is no such filter */
    static Filter named(String name) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw new ChatTemplateException("unknown filter '%s'".formatted(name));
        }
        return filter;
    }

    private static Object orDefault(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("default_value", "boolean");
        boolean missing = value instanceof Undefined || (bound.flag("boolean") && !Values.isTrue(value));
        return missing ? bound.get("default_value", Text.EMPTY) : value;
    }
}
