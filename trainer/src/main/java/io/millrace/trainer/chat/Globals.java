package io.millrace.trainer.chat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that Jinja and transformers give every template. */
final class Globals {
    private static final int RANGE = 100_000;

    private Globals() {}

    static Map<String, Object> all(Clock clock) {
        return Map.of(
                "raise_exception", function("raise_exception", Globals::refuse),
                "strftime_now",
                        function(
                                "strftime_now",
                                arguments -> TimeFormat.format(
                                        arguments.bind("format").text("format").value(), clock)),
                "range", function("range", Globals::range),
                "dict", function("dict", Globals::dict),
                "namespace", function("namespace", arguments -> new Namespace(named(arguments))));
    }

    private static Function function(String name, Function.Body body) {
        return new Function(name, body);
    }

    private static Object refuse(Arguments arguments) {
        throw new ChatTemplateException("the template refuses the chat: "
                + Printing.str(arguments.bind("message").get("message")));
    }

    private static Object range(Arguments arguments) {
        boolean single = arguments.positional().size() == 1;
        Arguments bound = single ? arguments.bind("stop") : arguments.bind("start", "stop", "step");
        long start = bound.integer("start", 0);
        long stop = Values.asInteger(bound.get("stop"));
        long step = bound.integer("step", 1);
        if (step == 0) {
            throw new ChatTemplateException("range() arg 3 must not be zero");
        }
        List<Object> range = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            if (range.size() == RANGE) {
                throw new ChatTemplateException(
                        "Range too big. The sandbox blocks ranges larger than %d.".formatted(RANGE));
            }
            range.add(i);
        }
        return range;
    }

    private static Object dict(Arguments arguments) {
        Map<Object, Object> entries = new LinkedHashMap<>();
        for (Object argument : arguments.positional()) {
            if (argument instanceof Dict dict) {
                entries.putAll(dict.entries());
            } else {
                Values.items(argument)
                        .forEach(pair -> entries.put(Subscripts.item(pair, 0L), Subscripts.item(pair, 1L)));
            }
        }
        arguments.named().forEach((name, value) -> entries.put(Text.of(name), value));
        return Dict.of(entries);
    }

    private static Map<String, Object> named(Arguments arguments) {
        Map<String, Object> named = new LinkedHashMap<>();
        ((Dict) dict(arguments))
                .entries()
                .forEach((name, value) -> named.put(Values.asText(name).value(), value));
        return named;
    }
}
