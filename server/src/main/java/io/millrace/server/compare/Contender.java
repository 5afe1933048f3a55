package io.millrace.server.compare;

import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.model.LinearStorage;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is compared: a method, or QLoRA, which is LoRA on a base in NF4.
 *
 * @param name in the table
 * @param method what an adapter's config has
 * @param storage how the base's linears are held; empty: as the command line says
 */
record Contender(String name, String method, Optional<LinearStorage> storage) {
    private static final Contender QLORA = new Contender("qlora", "lora", Optional.of(LinearStorage.NF4));

    private static final String ADVICE_ON_QLORA =
            "LoRA on a quarter of the base's memory, for models that wouldn't fit else; its steps take twice as long";

    static List<Contender> all() {
        return Stream.concat(Methods.names().stream().map(Contender::named), Stream.of(QLORA))
                .toList();
    }

    /** @throws IllegalArgumentException if there is none of that name */
    static Contender named(String name) {
        if (name.equalsIgnoreCase(QLORA.name())) {
            return QLORA;
        }
        String method = Methods.named(name).name();
        return new Contender(method, method, Optional.empty());
    }

    /** The options that name the model, for the process that measures. */
    List<String> model(ModelOptions given) {
        return given.arguments(storage.orElse(given.storage()));
    }

    /** What to take it for. */
    String advice() {
        return equals(QLORA) ? ADVICE_ON_QLORA : Methods.named(method).traits().advice();
    }
}
