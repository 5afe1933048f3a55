package io.millrace.trainer.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The contents of PEFT's {@code adapter_config.json} for LoRA.
 *
 * @param baseModel {@code base_model_name_or_path}: hub name or path of the model that the adapter belongs to
 */
record AdapterConfig(LoraConfig lora, Optional<String> baseModel) {
    /** All fields of the {@code LoraConfig} of PEFT 0.21, in its order. */
    private static final String DEFAULTS = """
            {"alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null,
             "base_model_name_or_path": null, "bias": "none", "corda_config": null, "ensure_weight_tying": false,
             "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true,
             "init_lora_weights": true, "kasa_config": null, "layer_replication": null, "layers_pattern": null,
             "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 8, "lora_bias": false, "lora_dropout": 0.0,
             "lora_ga_config": null, "megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null,
             "monteclora_config": null, "peft_type": "LORA", "peft_version": "0.21.0", "qalora_group_size": 16, "r": 8,
             "rank_pattern": {}, "revision": null, "target_modules": null, "target_parameters": null,
             "task_type": "CAUSAL_LM", "trainable_token_indices": null, "use_bdlora": null, "use_dora": false,
             "use_qalora": false, "use_rslora": false, "velora_config": null}""";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Fields that change what an adapter computes, in ways that Millrace doesn't follow; null, false and empty mean off. */
    private static final List<String> UNSUPPORTED = List.of(
            "alora_invocation_tokens",
            "arrow_config",
            "exclude_modules",
            "kasa_config",
            "layer_replication",
            "layers_pattern",
            "layers_to_transform",
            "lora_bias",
            "modules_to_save",
            "monteclora_config",
            "target_parameters",
            "trainable_token_indices",
            "use_bdlora",
            "use_dora",
            "use_qalora",
            "velora_config");

    /** Ways to initialise that leave the base model's weights as they are. */
    private static final Set<String> HARMLESS_INITIALISATIONS =
            Set.of("true", "false", "gaussian", "eva", "orthogonal");

    /** @throws IllegalArgumentException if a field is missing, has a value that can't be used, or asks for what Millrace can't do */
    static AdapterConfig parse(byte[] bytes) {
        ObjectNode json = object(bytes);
        checkSupported(json);
        LoraConfig lora = new LoraConfig(
                LoraFields.integer("r", required(json, "r")),
                LoraFields.number("lora_alpha", required(json, "lora_alpha")),
                optional(json, "lora_dropout")
                        .map(value -> LoraFields.number("lora_dropout", value))
                        .orElse(0.0),
                TargetModules.read("target_modules", required(json, "target_modules")),
                optional(json, "rank_pattern")
                        .map(value -> LoraFields.ranks("rank_pattern", value))
                        .orElse(Map.of()),
                optional(json, "alpha_pattern")
                        .map(value -> LoraFields.alphas("alpha_pattern", value))
                        .orElse(Map.of()),
                optional(json, "use_rslora")
                        .map(value -> LoraFields.flag("use_rslora", value))
                        .orElse(false));
        return new AdapterConfig(lora, optional(json, "base_model_name_or_path").map(JsonNode::asText));
    }

    /**
     * As PEFT writes it: every field of its {@code LoraConfig}, sorted, indented by 2.
     *
     * @param modules what the configuration adapts: {@code target_modules} is written so that PEFT adapts the same
     */
    byte[] json(List<LoraModule> modules) {
        ObjectNode json = object(DEFAULTS.getBytes(StandardCharsets.UTF_8));
        LoraConfig written = withPatternsInAnyOrder(lora, modules);
        json.put("r", written.rank());
        json.set("lora_alpha", LoraFields.json(written.alpha()));
        json.put("lora_dropout", written.dropout());
        json.set("target_modules", listed(written.targets(), modules).json());
        json.set("rank_pattern", LoraFields.ranksJson(new TreeMap<>(written.rankPattern())));
        json.set("alpha_pattern", LoraFields.alphasJson(new TreeMap<>(written.alphaPattern())));
        json.put("fan_in_fan_out", modules.stream().anyMatch(LoraModule::transposed));
        json.put("use_rslora", written.rankStabilised());
        json.put("base_model_name_or_path", baseModel.orElse(null));
        return PeftJson.write(json);
    }

    /**
     * PEFT lists the names that {@code all-linear} finds. Of a regular expression it asks that it match nothing but linears
     * and embeddings, and adapts them all; one that matches more is written as the paths that Millrace adapts.
     */
    private static TargetModules listed(TargetModules targets, List<LoraModule> modules) {
        List<String> paths = modules.stream().map(LoraModule::path).toList();
        if (targets instanceof TargetModules.AllLinear) {
            return new TargetModules.Suffixes(LoraModules.names(paths));
        }
        boolean matchesMore = targets instanceof TargetModules.Regex regex
                && OtherModules.around(paths).stream()
                        .anyMatch(LoraModules.compile("target_modules", regex.pattern())
                                .asMatchPredicate());
        return matchesMore ? new TargetModules.Suffixes(paths) : targets;
    }

    /**
     * The first matching pattern counts, but the file sorts them. Where that would give a module another rank or alpha,
     * every module gets patterns of its own.
     */
    private static LoraConfig withPatternsInAnyOrder(LoraConfig lora, List<LoraModule> modules) {
        LoraConfig sorted = withPatterns(lora, new TreeMap<>(lora.rankPattern()), new TreeMap<>(lora.alphaPattern()));
        boolean same = modules.stream()
                .map(LoraModule::path)
                .allMatch(path -> LoraModules.rank(lora, path) == LoraModules.rank(sorted, path)
                        && LoraModules.alpha(lora, path) == LoraModules.alpha(sorted, path));
        if (same) {
            return sorted;
        }
        Map<String, Integer> ranks = new TreeMap<>();
        Map<String, Double> alphas = new TreeMap<>();
        for (LoraModule module : modules) {
            ranks.put(module.path(), LoraModules.rank(lora, module.path()));
            alphas.put(module.path(), LoraModules.alpha(lora, module.path()));
        }
        return withPatterns(lora, ranks, alphas);
    }

    private static LoraConfig withPatterns(LoraConfig lora, Map<String, Integer> ranks, Map<String, Double> alphas) {
        return new LoraConfig(
                lora.rank(), lora.alpha(), lora.dropout(), lora.targets(), ranks, alphas, lora.rankStabilised());
    }

    private static void checkSupported(ObjectNode json) {
        JsonNode type = json.path("peft_type");
        if (!type.asText().equals("LORA")) {
            throw new IllegalArgumentException(
                    "peft_type is %s; Millrace reads \"LORA\"; start the adapter anew instead".formatted(type));
        }
        optional(json, "task_type")
                .filter(task -> !task.asText().equals("CAUSAL_LM"))
                .ifPresent(task -> {
                    throw new IllegalArgumentException(
                            "task_type is %s; Millrace trains \"CAUSAL_LM\" adapters only".formatted(task));
                });
        optional(json, "bias").filter(bias -> !bias.asText().equals("none")).ifPresent(bias -> {
            throw new IllegalArgumentException(
                    "bias is %s; Millrace reads adapters with bias \"none\"; train one without biases".formatted(bias));
        });
        optional(json, "init_lora_weights")
                .filter(way -> !HARMLESS_INITIALISATIONS.contains(way.asText()))
                .ifPresent(way -> {
                    throw new IllegalArgumentException(
                            "init_lora_weights is %s, which changes the base model's weights; let PEFT convert the adapter to plain LoRA (save_pretrained with path_initial_model_for_weight_conversion)"
                                    .formatted(way));
                });
        for (String field : UNSUPPORTED) {
            optional(json, field).filter(AdapterConfig::isOn).ifPresent(value -> {
                throw new IllegalArgumentException(
                        "%s is %s, which Millrace can't follow; train or convert the adapter without it"
                                .formatted(field, value));
            });
        }
    }

    private static boolean isOn(JsonNode value) {
        return value.isContainerNode() ? !value.isEmpty() : !value.isBoolean() || value.booleanValue();
    }

    private static JsonNode required(ObjectNode json, String field) {
        return optional(json, field)
                .orElseThrow(() -> new IllegalArgumentException(
                        field + " is missing; is this the folder that PEFT's save_pretrained wrote?"));
    }

    private static Optional<JsonNode> optional(ObjectNode json, String field) {
        return Optional.<JsonNode>ofNullable(json.get(field)).filter(value -> !value.isNull());
    }

    private static ObjectNode object(byte[] bytes) {
        try {
            if (MAPPER.readTree(bytes) instanceof ObjectNode json) {
                return json;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("it is not JSON: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("it is not a JSON object");
    }
}
