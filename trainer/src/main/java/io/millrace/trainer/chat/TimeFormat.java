package io.millrace.trainer.chat;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** Python's {@code datetime.now().strftime}, in the C locale. */
final class TimeFormat {
    private static final Map<Character, String> PATTERNS = Map.ofEntries(
            Map.entry('a', "EEE"),
            Map.entry('A', "EEEE"),
            Map.entry('b', "MMM"),
            Map.entry('h', "MMM"),
            Map.entry('B', "MMMM"),
            Map.entry('c', "EEE MMM ppd HH:mm:ss uuuu"),
            Map.entry('d', "dd"),
            Map.entry('D', "MM/dd/uu"),
            Map.entry('e', "ppd"),
            Map.entry('f', "SSSSSS"),
            Map.entry('F', "uuuu-MM-dd"),
            Map.entry('H', "HH"),
            Map.entry('I', "hh"),
            Map.entry('j', "DDD"),
            Map.entry('m', "MM"),
            Map.entry('M', "mm"),
            Map.entry('p', "a"),
            Map.entry('R', "HH:mm"),
            Map.entry('S', "ss"),
            Map.entry('T', "HH:mm:ss"),
            Map.entry('x', "MM/dd/uu"),
            Map.entry('X', "HH:mm:ss"),
            Map.entry('y', "uu"),
            Map.entry('Y', "uuuu"));

    private TimeFormat() {}

    /** @throws ChatTemplateException if the format holds a directive that is not among the usual ones */
    static Text format(String format, Clock clock) {
        LocalDateTime now = LocalDateTime.now(clock);
        TextBuilder formatted = new TextBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                formatted.append(Character.toString(c));
                continue;
            }
            boolean unpadded = format.charAt(++i) == '-' && i + 1 < format.length();
            char directive = unpadded ? format.charAt(++i) : format.charAt(i);
            String value = directive == '%' ? "%" : field(directive, now);
            formatted.append(unpadded ? value.replaceFirst("^0+(?=\\d)", "") : value);
        }
        return formatted.build();
    }

    private static String field(char directive, LocalDateTime now) {
        String pattern = PATTERNS.get(directive);
        if (pattern == null) {
            throw new ChatTemplateException("strftime_now can't format %%%c".formatted(directive));
        }
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now);
    }
}
