package io.millrace.trainer.method;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.peft.PeftJson;
import io.millrace.trainer.peft.TargetModules;
import java.util.Collection;
import java.util.Optional;

/** The contents of {@code adapter_config.json}: what all methods have in common. */
final class AdapterConfigFile {
    /** Says which method it is, where PEFT has none of the kind. */
    private static final String MILLRACE_METHOD = "millrace_method";

    private AdapterConfigFile() {}

    /** Whether it says that it is an adapter of this type of PEFT's. */
    static boolean isOfPeftType(ObjectNode config, String type) {
        return config.path("peft_type").asText().equals(type);
    }

    /** Whether it says that it is an adapter of this method, which PEFT doesn't know. */
    static boolean isOfMethod(ObjectNode config, String method) {
        return config.path(MILLRACE_METHOD).asText().equals(method);
    }

    /** For a method that PEFT knows; to be completed with its own fields. */
    static ObjectNode ofPeftType(String type, Optional<String> baseModel) {
        return common(baseModel).put("peft_type", type).put("peft_version", "0.21.0");
    }

    /** For a method that PEFT doesn't know; to be completed with its own fields. */
    static ObjectNode ofMethod(String method, Optional<String> baseModel) {
        return common(baseModel).put(MILLRACE_METHOD, method);
    }

    private static ObjectNode common(Optional<String> baseModel) {
        return JsonNodeFactory.instance
                .objectNode()
                .putNull("auto_mapping")
                .put("base_model_name_or_path", baseModel.orElse(null))
                .put("inference_mode", true)
                .putNull("modules_to_save")
                .putNull("revision")
                .put("task_type", "CAUSAL_LM");
    }

    static ArrayNode names(Collection<String> names) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        names.forEach(array::add);
        return array;
    }

    /** Absent: null. */
    static JsonNode json(Optional<TargetModules> targets) {
        return targets.map(TargetModules::json).orElse(JsonNodeFactory.instance.nullNode());
    }

    /** As PEFT reads it: a regular expression, which there mustn't match any other module, as the paths that it means. */
    static ArrayNode written(TargetModules targets, Collection<String> paths) {
        return names(targets instanceof TargetModules.Suffixes suffixes ? suffixes.suffixes() : paths);
    }

    static byte[] write(ObjectNode config) {
        return PeftJson.write(config);
    }

    /** @throws IllegalArgumentException if one of the fields asks for something: null, false and empty don't */
    static void refuse(ObjectNode config, String... fields) {
        for (String field : fields) {
            JsonNode value = config.path(field);
            boolean off = value.isMissingNode()
                    || value.isNull()
                    || (value.isContainerNode() && value.isEmpty())
                    || (value.isBoolean() && !value.booleanValue());
            if (!off) {
                throw new IllegalArgumentException(
                        "%s is %s, which Millrace can't follow; train or convert the adapter without it"
                                .formatted(field, value));
            }
        }
    }
}
