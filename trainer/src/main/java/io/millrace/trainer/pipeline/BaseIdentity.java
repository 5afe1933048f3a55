package io.millrace.trainer.pipeline;

import io.millrace.trainer.log.BoundBase;
import java.util.Map;

/**
 * Which base model, and what it is run with.
 *
 * @param hubName as adapter_config.json names it, such as {@code HuggingFaceTB/SmolLM2-135M-Instruct}
 * @param digest such as {@code sha256:…}
 * @param provenance versions and settings that revisions are made with
 */
public record BaseIdentity(String hubName, String digest, Map<String, String> provenance) {
    public BaseIdentity {
        provenance = Map.copyOf(provenance);
    }

    /** What a data directory is bound to. */
    BoundBase bound() {
        BoundBase dense = BoundBase.dense(digest);
        return new BoundBase(digest, provenance.getOrDefault("base", dense.held()));
    }
}
