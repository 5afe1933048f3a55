package io.millrace.trainer.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a call as they are written: {@code (a, b, name=c, *list, **dict)}. */
record CallArguments(
        List<Expression> positional,
        Map<String, Expression> named,
        Optional<Expression> list,
        Optional<Expression> dict) {
    static final CallArguments NONE = new CallArguments(List.of(), Map.of(), Optional.empty(), Optional.empty());

    Arguments evaluate(String callee, Frame frame) {
        List<Object> values = Expression.evaluateAll(positional, frame);
        list.ifPresent(expression -> values.addAll(Values.items(expression.evaluate(frame))));
        Map<String, Object> byName = new LinkedHashMap<>();
        named.forEach((name, expression) -> byName.put(name, expression.evaluate(frame)));
        dict.ifPresent(expression -> {
            if (!(expression.evaluate(frame) instanceof Dict entries)) {
                throw new ChatTemplateException("what follows ** must be a dict");
            }
            entries.entries()
                    .forEach((name, value) -> byName.put(Values.asText(name).value(), value));
        });
        return new Arguments(callee, values, byName, frame.budget());
    }
}
