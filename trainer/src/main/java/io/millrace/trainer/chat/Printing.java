package io.millrace.trainer.chat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Printing {
    private Printing() {}

    static Text str(Object value) {
        if (value instanceof Text text) {
            return text;
        }
        TextBuilder printed = new TextBuilder();
        repr(value, printed);
        return printed.build();
    }

    static Text repr(Object value) {
        TextBuilder printed = new TextBuilder();
        repr(value, printed);
        return printed.build();
    }

    private static void repr(Object value, TextBuilder printed) {
        if (value instanceof Text text) {
            quote(text, printed);
        } else if (value instanceof None) {
            printed.append("None");
        } else if (value instanceof Boolean bool) {
            printed.append(bool ? "True" : "False");
        } else if (value instanceof Double number) {
            printed.append(number(number));
        } else if (value instanceof Tuple tuple) {
            list("(", tuple, tuple.size() == 1 ? ",)" : ")", printed);
        } else if (value instanceof List<?> list) {
            list("[", list, "]", printed);
        } else if (value instanceof Dict dict) {
            dict(dict, printed);
        } else if (value instanceof Lazy lazy && lazy.sized()) {
            list(lazy.type() + "([", lazy.items(), "])", printed);
        } else if (value instanceof Long) {
            printed.append(value.toString());
        } else if (value instanceof Function function) {
            printed.append(function.description());
        } else if (!(value instanceof Undefined)) {
            printed.append("<%s object>".formatted(Values.typeName(value)));
        }
    }

    private static void list(String open, List<?> items, String close, TextBuilder printed) {
        String separator = open;
        for (Object item : items) {
            printed.append(separator);
            repr(item, printed);
            separator = ", ";
        }
        printed.append(items.isEmpty() ? open + close : close);
    }

    private static void dict(Dict dict, TextBuilder printed) {
        printed.append("{");
        String separator = "";
        for (Map.Entry<Object, Object> entry : dict.entries().entrySet()) {
            printed.append(separator);
            repr(entry.getKey(), printed);
            printed.append(": ");
            repr(entry.getValue(), printed);
            separator = ", ";
        }
        printed.append("}");
    }

    private static void quote(Text text, TextBuilder printed) {
        String value = text.value();
        int quote = value.indexOf('\'') >= 0 && value.indexOf('"') < 0 ? '"' : '\'';
        printed.append(Character.toString(quote));
        for (int start = 0; start < value.length(); ) {
            int c = value.codePointAt(start);
            int end = start + Character.charCount(c);
            if (c == quote || c == '\\') {
                printed.append("\\" + (char) c, text.origins().charAt(start));
            } else if (isPrintable(c)) {
                printed.append(text, start, end);
            } else {
                printed.append(escape(c), text.origins().charAt(start));
            }
            start = end;
        }
        printed.append(Character.toString(quote));
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    private static String escape(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default ->
                c < 0x100 ? "\\x%02x".formatted(c) : c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
        };
    }

    /** The shortest decimal that reads back as the same double, in Python's notation. */
    static String number(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        } else if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(number);
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = shortest.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return "%s%se%s%02d".formatted(number < 0 ? "-" : "", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    /** Java 17's {@code Double.toString} sometimes writes more digits than are needed. */
    private static BigDecimal shortest(double number) {
        BigDecimal exact = new BigDecimal(number);
        for (int digits = 1; digits < 17; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits));
            if (rounded.doubleValue() == number) {
                return rounded.stripTrailingZeros();
            }
        }
        return exact.round(new MathContext(17)).stripTrailingZeros();
    }
}
