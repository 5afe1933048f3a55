package io.millrace.trainer.chat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Python's {@code json.dumps}, which the {@code tojson} filter of transformers is. */
final class JsonText {
    private final boolean ascii;
    private final String indent;
    private final boolean multiline;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;
    private final TextBuilder json = new TextBuilder();

    private JsonText(Arguments options) {
        Object indentation = options.get("indent", None.NONE);
        this.ascii = options.flag("ensure_ascii");
        this.sorted = options.flag("sort_keys");
        this.multiline = !(indentation instanceof None);
        this.indent = multiline ? indentOf(indentation).value() : "";
        Object separators = options.get("separators", None.NONE);
        if (separators instanceof List<?> pair && pair.size() == 2) {
            this.itemSeparator = Values.asText(pair.get(0)).value();
            this.keySeparator = Values.asText(pair.get(1)).value();
        } else {
            this.itemSeparator = multiline ? "," : ", ";
            this.keySeparator = ": ";
        }
    }

    /** @param options ensure_ascii (default false), indent, separators, sort_keys */
    static Text of(Object value, Arguments options) {
        JsonText text = new JsonText(options.bind("ensure_ascii", "indent", "separators", "sort_keys"));
        text.write(value, 1);
        return text.json.build();
    }

    private static Text indentOf(Object indentation) {
        return indentation instanceof Text text
                ? text
                : new TextBuilder()
                        .repeat(Text.of(" "), Values.asInteger(indentation))
                        .build();
    }

    private void write(Object value, int depth) {
        if (value instanceof None) {
            json.append("null");
        } else if (value instanceof Boolean) {
            json.append(value.toString());
        } else if (value instanceof Long) {
            json.append(value.toString());
        } else if (value instanceof Double number) {
            json.append(number(number));
        } else if (value instanceof Text text) {
            writeString(text);
        } else if (value instanceof List<?> list) {
            writeList(list, depth);
        } else if (value instanceof Dict dict) {
            writeDict(dict, depth);
        } else {
            throw new ChatTemplateException(
                    "Object of type %s is not JSON serializable".formatted(Values.typeName(value)));
        }
    }

    private static String number(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        }
        return Printing.number(number);
    }

    private void writeList(List<?> list, int depth) {
        json.append("[");
        for (int i = 0; i < list.size(); i++) {
            json.append(i == 0 ? "" : itemSeparator);
            newLine(depth);
            write(list.get(i), depth + 1);
        }
        if (!list.isEmpty()) {
            newLine(depth - 1);
        }
        json.append("]");
    }

    private void writeDict(Dict dict, int depth) {
        Map<Object, Object> entries = dict.entries();
        if (sorted) {
            entries = new TreeMap<>(Comparing::compare);
            entries.putAll(dict.entries());
        }
        json.append("{");
        boolean first = true;
        for (Map.Entry<Object, Object> entry : entries.entrySet()) {
            json.append(first ? "" : itemSeparator);
            first = false;
            newLine(depth);
            writeKey(entry.getKey());
            json.append(keySeparator);
            write(entry.getValue(), depth + 1);
        }
        if (!first) {
            newLine(depth - 1);
        }
        json.append("}");
    }

    private void writeKey(Object key) {
        if (key instanceof Text text) {
            writeString(text);
        } else {
            json.append("\"");
            write(key, 0);
            json.append("\"");
        }
    }

    private void newLine(int depth) {
        if (multiline) {
            json.append("\n").repeat(Text.of(indent), depth);
        }
    }

    private void writeString(Text text) {
        json.append("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.value().charAt(i);
            int known = "\"\\\n\r\t\f\b".indexOf(c);
            if (known >= 0) {
                json.append("\\" + "\"\\nrtfb".charAt(known), text.origins().charAt(i));
            } else if (c < ' ' || (ascii && c > '~')) {
                json.append("\\u%04x".formatted((int) c), text.origins().charAt(i));
            } else {
                json.append(text, i, i + 1);
            }
        }
        json.append("\"");
    }
}
