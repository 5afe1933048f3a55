package io.millrace.trainer.chat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's {@code str}. */
final class TextMethods {
    @FunctionalInterface
    interface Method {
        Object call(Text text, Arguments arguments);
    }

    private static final Map<String, Method> METHODS = Map.ofEntries(
            Map.entry("strip", (text, arguments) -> strip(text, arguments, true, true)),
            Map.entry("lstrip", (text, arguments) -> strip(text, arguments, true, false)),
            Map.entry("rstrip", (text, arguments) -> strip(text, arguments, false, true)),
            Map.entry("split", TextSplitting::split),
            Map.entry("rsplit", TextSplitting::splitFromRight),
            Map.entry("splitlines", TextSplitting::splitLines),
            Map.entry("partition", TextSplitting::partition),
            Map.entry("rpartition", TextSplitting::partitionFromRight),
            Map.entry("join", (text, arguments) -> {
                List<Object> items = Values.items(arguments.bind("iterable").get("iterable"));
                items.forEach(Values::asText);
                return join(text, items);
            }),
            Map.entry("replace", (text, arguments) -> {
                Arguments bound = arguments.bind("old", "new", "count");
                return replace(text, bound.text("old"), bound.text("new"), bound.integer("count", -1));
            }),
            Map.entry("startswith", (text, arguments) -> matches(arguments, text.value()::startsWith)),
            Map.entry("endswith", (text, arguments) -> matches(arguments, text.value()::endsWith)),
            Map.entry("removeprefix", (text, arguments) -> {
                Text prefix = arguments.bind("prefix").text("prefix");
                return text.value().startsWith(prefix.value()) ? text.substring(prefix.length()) : text;
            }),
            Map.entry("removesuffix", (text, arguments) -> {
                Text suffix = arguments.bind("suffix").text("suffix");
                return text.value().endsWith(suffix.value())
                        ? text.substring(0, text.length() - suffix.length())
                        : text;
            }),
            Map.entry("find", (text, arguments) -> find(text, arguments, false)),
            Map.entry("rfind", (text, arguments) -> find(text, arguments, true)),
            Map.entry("index", (text, arguments) -> index(text, arguments)),
            Map.entry("count", (text, arguments) -> count(text, arguments)),
            Map.entry("format", TextFormat::format),
            Map.entry("upper", (text, arguments) -> text.withValue(text.value().toUpperCase(Locale.ROOT))),
            Map.entry("lower", (text, arguments) -> text.withValue(text.value().toLowerCase(Locale.ROOT))),
            Map.entry("capitalize", (text, arguments) -> capitalize(text)),
            Map.entry("title", (text, arguments) -> title(text)),
            Map.entry("isdigit", (text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isnumeric", (text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isdecimal", (text, arguments) -> all(text, Character::isDigit)),
            Map.entry("isalpha", (text, arguments) -> all(text, Character::isLetter)),
            Map.entry("isalnum", (text, arguments) -> all(text, Character::isLetterOrDigit)),
            Map.entry("isspace", (text, arguments) -> all(text, Whitespace::is)),
            Map.entry("isupper", (text, arguments) -> isCased(text, Character::isUpperCase, Character::isLowerCase)),
            Map.entry("islower", (text, arguments) -> isCased(text, Character::isLowerCase, Character::isUpperCase)),
            Map.entry("ljust", (text, arguments) -> pad(text, arguments, 0, 1)),
            Map.entry("rjust", (text, arguments) -> pad(text, arguments, 1, 0)),
            Map.entry("center", (text, arguments) -> {
                Arguments bound = arguments.bind("width", "fillchar");
                return center(text, Values.asInteger(bound.get("width")), bound.text("fillchar", " "));
            }));

    private TextMethods() {}

    static @Nullable Method named(String name) {
        return METHODS.get(name);
    }

    static Text strip(Text text, Arguments arguments, boolean left, boolean right) {
        Object chars = arguments.bind("chars").get("chars", None.NONE);
        IntPredicate stripped = chars instanceof None
                ? Whitespace::is
                : oneOf(Values.asText(chars).value());
        String value = text.value();
        int start = 0;
        while (left && start < value.length() && stripped.test(value.codePointAt(start))) {
            start += Character.charCount(value.codePointAt(start));
        }
        int end = value.length();
        while (right && end > start && stripped.test(value.codePointBefore(end))) {
            end -= Character.charCount(value.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    private static IntPredicate oneOf(String characters) {
        return c -> characters.indexOf(c) >= 0;
    }

    /** The items, as Python prints them, with {@code separator} between. */
    static Text join(Text separator, List<Object> items) {
        TextBuilder joined = new TextBuilder();
        for (int i = 0; i < items.size(); i++) {
            joined.append(i == 0 ? Text.EMPTY : separator).append(Printing.str(items.get(i)));
        }
        return joined.build();
    }

    /** @param count at most so many places; negative for all */
    static Text replace(Text text, Text old, Text replacement, long count) {
        if (old.isEmpty()) {
            return interleave(text, replacement, count);
        }
        TextBuilder replaced = new TextBuilder();
        int start = 0;
        int found = text.value().indexOf(old.value());
        for (long left = count; found >= 0 && left != 0; left--) {
            replaced.append(text, start, found).append(replacement);
            start = found + old.length();
            found = text.value().indexOf(old.value(), start);
        }
        return replaced.append(text, start, text.length()).build();
    }

    private static Text interleave(Text text, Text replacement, long count) {
        TextBuilder interleaved = new TextBuilder();
        long left = count;
        for (int start = 0; start < text.length(); ) {
            int end = text.value().offsetByCodePoints(start, 1);
            if (left-- != 0) {
                interleaved.append(replacement);
            }
            interleaved.append(text, start, end);
            start = end;
        }
        return left == 0 ? interleaved.build() : interleaved.append(replacement).build();
    }

    private static boolean matches(Arguments arguments, Predicate<String> matches) {
        Object parts = arguments.bind("part").get("part");
        List<Object> alternatives = parts instanceof Tuple tuple ? tuple : List.of(parts);
        return alternatives.stream()
                .anyMatch(part -> matches.test(Values.asText(part).value()));
    }

    private static long find(Text text, Arguments arguments, boolean last) {
        String part = arguments.bind("sub").text("sub").value();
        int found = last ? text.value().lastIndexOf(part) : text.value().indexOf(part);
        return found < 0 ? -1 : text.value().codePointCount(0, found);
    }

    private static long count(Text text, Arguments arguments) {
        String part = arguments.bind("sub").text("sub").value();
        return part.isEmpty()
                ? text.codePoints() + 1
                : TextSplitting.at(text, part, Integer.MAX_VALUE).size() - 1;
    }

    private static long index(Text text, Arguments arguments) {
        long found = find(text, arguments, false);
        if (found < 0) {
            throw new ChatTemplateException("substring not found");
        }
        return found;
    }

    static Text capitalize(Text text) {
        if (text.isEmpty()) {
            return text;
        }
        int end = text.value().offsetByCodePoints(0, 1);
        String first = text.value().substring(0, end).toUpperCase(Locale.ROOT);
        return text.withValue(first + text.value().substring(end).toLowerCase(Locale.ROOT));
    }

    private static Text title(Text text) {
        StringBuilder titled = new StringBuilder();
        boolean inWord = false;
        for (int c : text.value().codePoints().toArray()) {
            titled.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
        }
        return text.withValue(titled.toString());
    }

    private static boolean all(Text text, IntPredicate predicate) {
        return !text.isEmpty() && text.value().codePoints().allMatch(predicate);
    }

    private static boolean isCased(Text text, IntPredicate wanted, IntPredicate excluded) {
        return text.value().codePoints().anyMatch(wanted)
                && text.value().codePoints().noneMatch(excluded);
    }

    private static Text pad(Text text, Arguments arguments, int left, int right) {
        Arguments bound = arguments.bind("width", "fillchar");
        Text fill = bound.text("fillchar", " ");
        long missing = missing(text, Values.asInteger(bound.get("width")));
        return new TextBuilder()
                .repeat(fill, missing * left)
                .append(text)
                .repeat(fill, missing * right)
                .build();
    }

    static Text center(Text text, long width, Text fill) {
        long missing = missing(text, width);
        long left = missing / 2 + (missing & width & 1); // Python's rule for who gets the odd one
        return new TextBuilder()
                .repeat(fill, left)
                .append(text)
                .repeat(fill, missing - left)
                .build();
    }

    private static long missing(Text text, long width) {
        return Math.max(0, width - text.codePoints());
    }
}
