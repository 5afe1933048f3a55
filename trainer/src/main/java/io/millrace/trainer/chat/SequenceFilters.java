package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
        for (Object item : attribute instanceof None ? items : SelectionFilters.attributes(items, attribute)) {
            sum = Arithmetic.apply("+", sum, item);
        }
        return sum;
    }

    private static Object extreme(Object value, Arguments arguments, int sign) {
        Arguments bound = arguments.bind("case_sensitive", "attribute");
        Comparator<Object> order = order(bound);
        // Of equal items Python takes the first, a stream's max the last.
        return Values.items(value).stream()
                .reduce((best, item) -> sign * order.compare(item, best) > 0 ? item : best)
                .orElseGet(() -> new Undefined("No aggregated item, sequence was empty."));
    }

    private static Object sort(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("reverse", "case_sensitive", "attribute");
        List<Object> sorted = new ArrayList<>(Values.items(value));
        sorted.sort(bound.flag("reverse") ? order(bound).reversed() : order(bound));
        return sorted;
    }

    private static Object unique(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("case_sensitive", "attribute");
        List<Object> seen = new ArrayList<>();
        List<Object> unique = new ArrayList<>();
        for (Object item : Values.items(value)) {
            Object key = key(item, bound);
            if (seen.stream().noneMatch(other -> Comparing.equal(other, key))) {
                seen.add(key);
                unique.add(item);
            }
        }
        return Lazy.generator(unique);
    }

    private static Object dictSort(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("case_sensitive", "by", "reverse");
        if (!(value instanceof Dict dict)) {
            throw new ChatTemplateException("dictsort needs a dict, not '%s'".formatted(Values.typeName(value)));
        }
        long by = bound.text("by", "key").value().equals("value") ? 1 : 0;
        Comparator<Object> order = Comparator.comparing(
                pair -> folded(Subscripts.item(pair, by), bound.flag("case_sensitive")), Comparing::compare);
        List<Object> pairs = Subscripts.pairs(dict);
        pairs.sort(bound.flag("reverse") ? order.reversed() : order);
        return pairs;
    }

    private static Comparator<Object> order(Arguments bound) {
        return Comparator.comparing(item -> key(item, bound), Comparing::compare);
    }

    private static Object key(Object item, Arguments bound) {
        Object attribute = bound.get("attribute", None.NONE);
        Object key = attribute instanceof None ? item : SelectionFilters.attribute(item, attribute);
        return folded(key, bound.flag("case_sensitive"));
    }

    private static Object folded(Object key, boolean caseSensitive) {
        return key instanceof Text text && !caseSensitive ? Text.of(text.value().toLowerCase(Locale.ROOT)) : key;
    }
}
