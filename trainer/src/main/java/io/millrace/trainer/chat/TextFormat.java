package io.millrace.trainer.chat;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Python's two ways to fill in a string: {@code '%s' % x} and {@code '{}'.format(x)}. */
final class TextFormat {
    private static final Pattern PERCENT = Pattern.compile(
            "%(?:\\((?<name>[^)]{0,100})\\))?(?<flags>[-0+ ]*)(?<width>\\d{0,4})(?:\\.(?<precision>\\d{1,3}))?(?<type>.?)");
    private static final Pattern BRACES = Pattern.compile("\\{\\{|}}|\\{(?<field>\\d{0,4}|[A-Za-z_]\\w*)}|[{}]");

    private TextFormat() {}

    /** @param values a tuple of what is filled in, a dict for named places, or the only value */
    static Text percent(Text format, Object values) {
        List<Object> positional = values instanceof Tuple tuple ? tuple : List.of(values);
        TextBuilder filled = new TextBuilder();
        Matcher place = PERCENT.matcher(format.value());
        int start = 0;
        int next = 0;
        while (place.find(start)) {
            filled.append(format, start, place.start());
            start = place.end();
            if (place.group("type").equals("%")) {
                filled.append("%");
                continue;
            }
            String name = place.group("name");
            if (name == null && next == positional.size()) {
                throw new ChatTemplateException("not enough arguments for format string");
            }
            filled.append(
                    convert(place, name == null ? positional.get(next++) : Subscripts.item(values, Text.of(name))));
        }
        if (next < positional.size() && !(values instanceof Dict)) {
            throw new ChatTemplateException("not all arguments converted during string formatting");
        }
        return filled.append(format, start, format.length()).build();
    }

    private static Text convert(Matcher place, Object value) {
        String type = place.group("type");
        String precision = place.group("precision");
        Text converted = switch (type) {
            case "s" -> cut(Printing.str(value), precision);
            case "r" -> cut(Printing.repr(value), precision);
            case "d", "i" -> Text.of(Long.toString(Values.asNumber(value).longValue()));
            case "x" -> Text.of(Long.toHexString(Values.asInteger(value)));
            case "f" ->
                Text.of(String.format(
                        Locale.ROOT,
                        "%." + (precision == null ? "6" : precision) + "f",
                        Values.asNumber(value).doubleValue()));
            default ->
                throw new ChatTemplateException(
                        "unsupported format character '%s'; expected one of s r d i x f".formatted(type));
        };
        return pad(converted, place.group("flags"), place.group("width"), !type.equals("s") && !type.equals("r"));
    }

    private static Text cut(Text text, @Nullable String precision) {
        return precision == null
                ? text
                : text.substring(
                        0,
                        text.value().offsetByCodePoints(0, Math.min(Integer.parseInt(precision), text.codePoints())));
    }

    private static Text pad(Text text, String flags, String width, boolean number) {
        Text signed = number && !text.value().startsWith("-") && flags.contains("+")
                ? Text.of("+").plus(text)
                : text;
        int missing = width.isEmpty() ? 0 : Integer.parseInt(width) - signed.codePoints();
        if (flags.contains("-")) {
            return new TextBuilder()
                    .append(signed)
                    .repeat(Text.of(" "), missing)
                    .build();
        } else if (number && flags.contains("0")) {
            int sign = "+-".indexOf(signed.value().charAt(0)) >= 0 ? 1 : 0;
            return new TextBuilder()
                    .append(signed, 0, sign)
                    .repeat(Text.of("0"), missing)
                    .append(signed, sign, signed.length())
                    .build();
        }
        return new TextBuilder().repeat(Text.of(" "), missing).append(signed).build();
    }

    /** Fills {@code {}}, {@code {0}} and {@code {name}}; conversions and format specifications are refused. */
    static Text format(Text format, Arguments arguments) {
        TextBuilder filled = new TextBuilder();
        Matcher place = BRACES.matcher(format.value());
        int start = 0;
        int next = 0;
        while (place.find()) {
            filled.append(format, start, place.start());
            start = place.end();
            String field = place.group("field");
            if (field == null) {
                if (place.group().length() == 1) {
                    throw new ChatTemplateException(
                            "'%s' in a format string; expected {}, {0} or {name}".formatted(place.group()));
                }
                filled.append(place.group().substring(1));
            } else {
                filled.append(Printing.str(field(arguments, field.isEmpty() ? Integer.toString(next++) : field)));
            }
        }
        return filled.append(format, start, format.length()).build();
    }

    private static Object field(Arguments arguments, String field) {
        if (!Character.isDigit(field.charAt(0))) {
            return arguments.get(field);
        }
        int index = Integer.parseInt(field);
        if (index >= arguments.positional().size()) {
            throw new ChatTemplateException("the format string names more values than it is given");
        }
        return arguments.positional().get(index);
    }
}
