package io.millrace.trainer.peft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How users write LoRA's configuration; every field may be left out, PEFT's names do as well:
 *
 * <pre>{"method": "lora", "rank": 16, "alpha": 32, "dropout": 0, "target_modules": "all-linear",
 *  "rank_pattern": {}, "alpha_pattern": {}, "use_rslora": false}</pre>
 */
public final class LoraConfigJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Map<String, String> PEFT_NAMES =
            Map.of("r", "rank", "lora_alpha", "alpha", "lora_dropout", "dropout");
    private static final Set<String> FIELDS = Set.of(
            "method", "rank", "alpha", "dropout", "target_modules", "rank_pattern", "alpha_pattern", "use_rslora");

    private LoraConfigJson() {}

    /** @throws IllegalArgumentException if it isn't a JSON object, or a field is unknown or has a value that can't be used */
    public static LoraConfig parse(String json) {
        try {
            return parse(MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the method's config is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** @throws IllegalArgumentException if it isn't an object, or a field is unknown or has a value that can't be used */
    public static LoraConfig parse(JsonNode json) {
        if (!json.isObject()) {
            throw new IllegalArgumentException(
                    "the method's config is %s; it must be an object such as {\"method\": \"lora\", \"rank\": 16}"
                            .formatted(json));
        }
        checkNames(json);
        JsonNode method = json.path("method");
        if (!method.isMissingNode() && !method.asText().equals("lora")) {
            throw new IllegalArgumentException("method is %s; Millrace trains \"lora\"".formatted(method));
        }
        LoraConfig absent = LoraConfig.DEFAULT;
        Fields fields = new Fields(json);
        return new LoraConfig(
                fields.find("rank")
                        .map(value -> LoraFields.integer("rank", value))
                        .orElse(absent.rank()),
                fields.find("alpha")
                        .map(value -> LoraFields.number("alpha", value))
                        .orElse(absent.alpha()),
                fields.find("dropout")
                        .map(value -> LoraFields.number("dropout", value))
                        .orElse(absent.dropout()),
                fields.find("target_modules")
                        .map(value -> TargetModules.read("target_modules", value))
                        .orElse(absent.targets()),
                fields.find("rank_pattern")
                        .map(value -> LoraFields.ranks("rank_pattern", value))
                        .orElse(absent.rankPattern()),
                fields.find("alpha_pattern")
                        .map(value -> LoraFields.alphas("alpha_pattern", value))
                        .orElse(absent.alphaPattern()),
                fields.find("use_rslora")
                        .map(value -> LoraFields.flag("use_rslora", value))
                        .orElse(absent.rankStabilised()));
    }

    /** All fields, under Millrace's names. */
    public static ObjectNode json(LoraConfig config) {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("method", "lora").put("rank", config.rank());
        json.set("alpha", LoraFields.json(config.alpha()));
        json.set("dropout", LoraFields.json(config.dropout()));
        json.set("target_modules", config.targets().json());
        json.set("rank_pattern", LoraFields.ranksJson(config.rankPattern()));
        json.set("alpha_pattern", LoraFields.alphasJson(config.alphaPattern()));
        return json.put("use_rslora", config.rankStabilised());
    }

    private static void checkNames(JsonNode json) {
        Set<String> seen = new HashSet<>();
        json.fieldNames().forEachRemaining(name -> {
            String field = PEFT_NAMES.getOrDefault(name, name);
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("%s is not a field of LoRA's config; did you mean %s?"
                        .formatted(name, SpellCheck.nearest(name, FIELDS)));
            }
            if (!seen.add(field)) {
                throw new IllegalArgumentException("%s is given twice, under both of its names".formatted(field));
            }
        });
    }

    /** Finds a field under either of its names. */
    private record Fields(JsonNode json) {
        Optional<JsonNode> find(String field) {
            return json.properties().stream()
                    .filter(entry -> PEFT_NAMES
                            .getOrDefault(entry.getKey(), entry.getKey())
                            .equals(field))
                    .<JsonNode>map(Map.Entry::getValue)
                    .findFirst();
        }
    }
}
