package io.millrace.trainer.chat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters that make a text of whatever they are given. */
final class TextFilters {
    private static final Pattern WORD = Pattern.compile("[^-\\s({\\[<]+");

    private TextFilters() {}

    static Map<String, Filters.Filter> all() {
        return Map.ofEntries(
                Map.entry("string", (value, arguments) -> Printing.str(value)),
                // Nothing is escaped in a chat template, so there is nothing to mark as safe.
                Map.entry("safe", (value, arguments) -> Printing.str(value)),
                Map.entry(
                        "upper",
                        (value, arguments) ->
                                cased(value, Printing.str(value).value().toUpperCase(Locale.ROOT))),
                Map.entry(
                        "lower",
                        (value, arguments) ->
                                cased(value, Printing.str(value).value().toLowerCase(Locale.ROOT))),
                Map.entry("capitalize", (value, arguments) -> TextMethods.capitalize(Printing.str(value))),
                Map.entry("title", (value, arguments) -> title(Printing.str(value))),
                Map.entry("trim", (value, arguments) -> TextMethods.strip(Printing.str(value), arguments, true, true)),
                Map.entry("replace", TextFilters::replace),
                Map.entry("format", TextFilters::format),
                Map.entry("indent", TextFilters::indent),
                Map.entry("center", TextFilters::center),
                Map.entry("wordcount", (value, arguments) -> (long)
                        TextSplitting.split(Printing.str(value), arguments).size()),
                Map.entry("join", TextFilters::join));
    }

    private static Text cased(Object value, String cased) {
        return Printing.str(value).withValue(cased);
    }

    private static Text title(Text text) {
        StringBuilder titled = new StringBuilder(text.value());
        Matcher word = WORD.matcher(text.value());
        while (word.find()) {
            String capitalized = TextMethods.capitalize(Text.of(word.group())).value();
            if (capitalized.length() == word.group().length()) {
                titled.replace(word.start(), word.end(), capitalized);
            }
        }
        return text.withValue(titled.toString());
    }

    private static Text replace(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("old", "new", "count");
        Object count = bound.get("count", None.NONE);
        return TextMethods.replace(
                Printing.str(value),
                Printing.str(bound.get("old")),
                Printing.str(bound.get("new")),
                count instanceof None ? -1 : Values.asInteger(count));
    }

    private static Text format(Object value, Arguments arguments) {
        boolean byName = arguments.positional().isEmpty() && !arguments.named().isEmpty();
        return TextFormat.percent(
                Printing.str(value), byName ? arguments.namedAsDict() : new Tuple(arguments.positional()));
    }

    private static Text indent(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("width", "first", "blank");
        Object width = bound.get("width", 4L);
        Text indentation = width instanceof Text text
                ? text
                : new TextBuilder()
                        .repeat(Text.of(" "), Values.asInteger(width))
                        .build();
        Text text = Printing.str(value).plus(Text.of("\n")); // Jinja does so to keep the text's last line
        List<Object> lines =
                TextSplitting.splitLines(text, new Arguments("indent", List.of(), Map.of(), arguments.budget()));
        TextBuilder indented = new TextBuilder();
        for (int i = 0; i < lines.size(); i++) {
            Text line = (Text) lines.get(i);
            boolean moves = i == 0 ? bound.flag("first") : bound.flag("blank") || !line.isEmpty();
            indented.append(i == 0 ? "" : "\n")
                    .append(moves ? indentation : Text.EMPTY)
                    .append(line);
        }
        return indented.build();
    }

    private static Text center(Object value, Arguments arguments) {
        long width = arguments.bind("width").integer("width", 80);
        Text text = Printing.str(value);
        return TextMethods.center(text, width, Text.of(" "));
    }

    private static Text join(Object value, Arguments arguments) {
        Arguments bound = arguments.bind("d", "attribute");
        List<Object> items = Values.items(value);
        if (bound.has("attribute")) {
            items = SelectionFilters.attributes(items, bound.get("attribute"));
        }
        return TextMethods.join(Printing.str(bound.get("d", Text.EMPTY)), items);
    }
}
