package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Filters that look at a sequence as a whole. */
final class SequenceFilters {
    private SequenceFilters() {}

    static Map<String, Filters.Filter> all() {
        return Map.ofEntries(
                Map.entry("length", (value, arguments) -> (long) Values.size(value)),
                Map.entry("count", (value, arguments) -> (long) Values.size(value)),
                Map.entry("list", (value, arguments) -> new ArrayList<>(Values.items(value))),
                Map.entry("items", SequenceFilters::items),
                Map.entry(
                        "first",
                        (value, arguments) -> Values.items(value).stream()
                                .findFirst()
                                .orElseGet(() -> new Undefined("No first item, sequence was empty."))),
                Map.entry("last", (value, arguments) -> last(Values.items(value))),
                Map.entry("reverse", SequenceFilters::reverse),
                Map.entry("sum", SequenceFilters::sum),
                Map.entry("min", (value, arguments) -> extreme(value, arguments, -1)),
                Map.entry("max", (value, arguments) -> extreme(value, arguments, 1)),
                Map.entry("sort", SequenceFilters::sort),
                Map.entry("unique", SequenceFilters::unique),
                Map.entry("dictsort", SequenceFilters::dictSort));
    }

    private static Object items(Object value, Arguments arguments) {
        if (value instanceof Dict dict) {
            return Lazy.generator(Subscripts.pairs(dict));
        } else if (value instanceof Undefined) {
            return Lazy.generator(List.of());
        }
        throw new ChatTemplateException("Can only get item pairs from a mapping.");
    }

    private static Object last(List<Object> items) {
        return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.get(items.size() - 1);
    }

    private static Object reverse(Object value, Arguments arguments) {
        List<Object> reversed = new ArrayList<>(Values.items(value));
        Collections.reverse(reversed);
        return value instanceof Text ? TextMethods.join(Text.EMPTY, reversed) : Lazy.generator(reversed);
    }

    private static Object sum(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("attribute", "start");
        Object attribute = bound.get("attribute", None.NONE);
        List<Object> items = Values.items(value);
        Object sum = bound.get("start", 0L);
        if (sum instanceof Text) {
            throw new ChatTemplateException("sum() can't sum strings; use join");
        }
        for (Object item : attribute instanceof None ? items : SelectionFilters.attributes(items, attribute)) {
            sum = arguments.budget().made(Arithmetic.apply("+", sum, item));
        }
        return sum;
    }

    private static Object extreme(Object value, Arguments arguments, int sign) {
        Arguments bound = arguments.bind("case_sensitive", "attribute");
        return keyed(Values.items(value), bound).stream()
                .reduce((best, item) -> sign * Comparing.compare(item.key(), best.key()) > 0 ? item : best)
                .map(Keyed::item)
                .orElseGet(() -> new Undefined("No aggregated item, sequence was empty."));
    }

    private static Object sort(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("reverse", "case_sensitive", "attribute");
        return sorted(keyed(Values.items(value), bound), bound);
    }

    private static Object unique(Object value, Arguments arguments) {
        Set<Object> seen = new HashSet<>();
        return Lazy.generator(keyed(Values.items(value), arguments.bind("case_sensitive", "attribute")).stream()
                .filter(item -> seen.add(item.key()))
                .map(Keyed::item)
                .toList());
    }

    private static Object dictSort(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("case_sensitive", "by", "reverse");
        if (!(value instanceof Dict dict)) {
            throw new ChatTemplateException("dictsort needs a dict, not '%s'".formatted(Values.typeName(value)));
        }
        int by = bound.text("by", "key").value().equals("value") ? 1 : 0;
        List<Keyed> pairs = Subscripts.pairs(dict).stream()
                .map(pair -> keyed(pair, ((Tuple) pair).get(by), bound))
                .toList();
        return sorted(pairs, bound);
    }

    /** An item with what it is compared by. */
    private record Keyed(Object item, Object key) {}

    private static List<Keyed> keyed(List<Object> items, Arguments bound) {
        Object attribute = bound.get("attribute", None.NONE);
        return items.stream()
                .map(item -> keyed(
                        item, attribute instanceof None ? item : SelectionFilters.attribute(item, attribute), bound))
                .toList();
    }

    private static Keyed keyed(Object item, Object key, Arguments bound) {
        bound.budget().made(key);
        boolean folds = key instanceof Text && !bound.flag("case_sensitive");
        return new Keyed(item, folds ? Text.of(((Text) key).value().toLowerCase(Locale.ROOT)) : key);
    }

    private static List<Object> sorted(List<Keyed> items, Arguments bound) {
        Comparator<Keyed> order = Comparator.comparing(Keyed::key, Comparing::compare);
        List<Object> sorted = new ArrayList<>();
        items.stream()
                .sorted(bound.flag("reverse") ? order.reversed() : order)
                .forEach(keyed -> sorted.add(keyed.item()));
        return sorted;
    }
}
