package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.model.Fragment;
import io.millrace.trainer.peft.LoraConfig;
import io.millrace.trainer.peft.SpellCheck;
import io.millrace.trainer.peft.TargetModules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** All methods, as they are registered. */
public final class Methods {
    /** What an adapter is if its config names no method. */
    public static final MethodConfig DEFAULT = new Lora.Config(LoraConfig.DEFAULT);

    private static final Map<String, Method> BY_NAME = new LinkedHashMap<>();

    static {
        for (Fragment fragment : ServiceLoader.load(Fragment.class, Methods.class.getClassLoader())) {
            if (fragment instanceof Method method) {
                BY_NAME.put(method.name(), method);
            }
        }
    }

    private Methods() {}

    /** In the order of their registration. */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /** @throws IllegalArgumentException if there is none of that name */
    public static Method named(String name) {
        Method method = BY_NAME.get(name.toLowerCase(Locale.ROOT));
        if (name.equalsIgnoreCase("qlora")) {
            throw new IllegalArgumentException(
                    "method is \"%s\"; QLoRA is lora, or another of its kind, on a base in NF4: start the server with --base nf4 and choose lora"
                            .formatted(name));
        }
        if (method == null) {
            throw new IllegalArgumentException("method is \"%s\"; it must be one of %s; did you mean %s?"
                    .formatted(name, String.join(", ", BY_NAME.keySet()), SpellCheck.nearest(name, BY_NAME.keySet())));
        }
        return method;
    }

    /**
     * Reads a method and its settings from what is left of an adapter's config.
     *
     * @throws IllegalArgumentException naming the field, its value and what is allowed
     */
    public static MethodConfig configure(ObjectNode config) {
        ObjectNode fields = config.deepCopy();
        JsonNode word = Optional.ofNullable(fields.remove("method")).orElse(fields.remove("peft_type"));
        if (word != null && !word.isTextual()) {
            throw new IllegalArgumentException("method is %s; it must be a word such as \"lora\"".formatted(word));
        }
        Method method = word == null ? named(DEFAULT.method()) : named(word.textValue());
        ConfigFields own = new ConfigFields(method.name(), fields);
        boolean asked = method.traits().savesModules() || fields.has(SavedModules.FIELD);
        Optional<TargetModules> saved =
                asked && !own.isNone(SavedModules.FIELD) ? own.targets(SavedModules.FIELD) : Optional.empty();
        MethodConfig configured = method.configure(own);
        own.checkAllRead();
        return saved.map(modules -> saving(modules, method, configured)).orElse(configured);
    }

    private static MethodConfig saving(TargetModules modules, Method method, MethodConfig rest) {
        if (!method.traits().savesModules()) {
            throw new IllegalArgumentException("%s is %s; the method %s trains none besides its own; leave it out"
                    .formatted(SavedModules.FIELD, modules.json(), method.name()));
        }
        if (!(modules instanceof TargetModules.Suffixes names)) {
            throw new IllegalArgumentException(
                    "%s is %s; it must be a list of names".formatted(SavedModules.FIELD, modules.json()));
        }
        return new SavedModules(rest, names.suffixes());
    }

    /**
     * Reads the contents of an {@code adapter_config.json}.
     *
     * @throws IllegalArgumentException if no method reads it, or it asks for what Millrace can't do
     */
    static MethodConfig read(ObjectNode adapterConfig) {
        JsonNode saved = adapterConfig.path(SavedModules.FIELD);
        boolean saves = saved.isTextual() || !saved.isEmpty();
        for (Method method : BY_NAME.values()) {
            Optional<MethodConfig> read = method.read(adapterConfig.deepCopy().putNull(SavedModules.FIELD));
            if (read.isPresent()) {
                return saves ? saving(TargetModules.read(SavedModules.FIELD, saved), method, read.get()) : read.get();
            }
        }
        throw new IllegalArgumentException("peft_type is %s; Millrace reads adapters of the methods %s"
                .formatted(adapterConfig.path("peft_type"), String.join(", ", BY_NAME.keySet())));
    }
}
