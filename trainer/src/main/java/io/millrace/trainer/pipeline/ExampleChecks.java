package io.millrace.trainer.pipeline;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.log.AdapterStore;
import io.millrace.trainer.tokenizer.ExampleTokenizer;
import io.millrace.trainer.tokenizer.LengthLimit;
import io.millrace.trainer.tokenizer.Tokenized;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Says whether an adapter can train on an example. Asked for each one that arrives, so it remembers what configs say. */
final class ExampleChecks {
    private static final int MOST_CONFIGS = 256;

    private final AdapterStore adapters;
    private final ExampleTokenizer tokenizer;
    private final Map<String, LengthLimit> limits = new LinkedHashMap<>(16, 0.75f, true);

    ExampleChecks(AdapterStore adapters, ExampleTokenizer tokenizer) {
        this.adapters = adapters;
        this.tokenizer = tokenizer;
    }

    Optional<Tokenized.Refused> check(AdapterName name, Example example) {
        return adapters.get(name).map(Adapter::config).flatMap(config -> tokenizer.refusal(example, limit(config)));
    }

    private synchronized LengthLimit limit(String config) {
        LengthLimit limit = limits.computeIfAbsent(
                config, text -> AdapterConfigJson.parse(text).examples().limit());
        if (limits.size() > MOST_CONFIGS) {
            limits.remove(limits.keySet().iterator().next());
        }
        return limit;
    }
}
