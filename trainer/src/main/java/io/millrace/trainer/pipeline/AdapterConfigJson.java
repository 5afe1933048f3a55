package io.millrace.trainer.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.method.MethodConfig;
import io.millrace.trainer.method.Methods;
import io.millrace.trainer.tokenizer.LengthLimit;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * An adapter's config as one flat JSON object: the method's own fields ({@code method}, {@code rank}, {@code alpha},
 * {@code target_modules}, …) beside those below. What is absent gets its default.
 */
public final class AdapterConfigJson {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> OF_OPTIMIZER = List.of(
            "learning_rate", "loraplus_lr_ratio", "warmup_steps", "weight_decay", "max_grad_norm", "average_decay");

    private AdapterConfigJson() {}

    /**
     * @param text a JSON object; empty: all defaults
     * @throws IllegalArgumentException naming the field, the value and what is allowed
     */
    public static AdapterConfig parse(String text) {
        return parse(text, Methods.DEFAULT, AdapterConfig.DEFAULT);
    }

    /**
     * What is usual for the optimizer depends on the method, which is named by what is left when all else is read.
     *
     * @param absent the method if the text says nothing of it
     * @param defaults of all else that the text says nothing of
     */
    static AdapterConfig parse(String text, MethodConfig absent, AdapterConfig defaults) {
        ObjectNode fields = object(text.isBlank() ? "{}" : text);
        ObjectNode ofOptimizer = take(fields, OF_OPTIMIZER);
        AdapterConfig.Batch batch = new AdapterConfig.Batch(
                integer(fields, "batch_sequences", defaults.batch().sequences()),
                integer(fields, "batch_tokens", defaults.batch().tokens()),
                integer(fields, "micro_batch_tokens", defaults.batch().microBatchTokens()),
                millis(fields, "flush_after_ms", defaults.batch().flushAfter()));
        AdapterConfig.Examples examples = new AdapterConfig.Examples(
                new LengthLimit(
                        integer(
                                fields,
                                "max_tokens",
                                defaults.examples().limit().maxTokens()),
                        overLong(fields, defaults.examples().limit().overLong())),
                decimal(fields, "holdout_share", defaults.examples().holdoutShare()),
                integer(fields, "holdout_size", defaults.examples().holdoutSize()),
                decimal(fields, "replay_share", defaults.examples().replayShare()),
                decimal(fields, "replay_share_after_shift", defaults.examples().replayShareAfterShift()));
        double harmTolerance = decimal(fields, "harm_tolerance", defaults.harmTolerance());
        Duration commitEvery = millis(fields, "commit_every_ms", defaults.commitEvery());
        MethodConfig method = fields.isEmpty() ? absent : Methods.configure(fields);
        AdapterConfig.Optimizer optimizer = optimizer(
                ofOptimizer,
                AdapterConfig.Optimizer.usual(Methods.named(method.method()).traits()));
        return new AdapterConfig(method, optimizer, batch, examples, harmTolerance, commitEvery);
    }

    private static AdapterConfig.Optimizer optimizer(ObjectNode fields, AdapterConfig.Optimizer usual) {
        return new AdapterConfig.Optimizer(
                decimal(fields, "learning_rate", usual.learningRate()),
                decimal(fields, "loraplus_lr_ratio", usual.loraPlusRatio()),
                integer(fields, "warmup_steps", usual.warmupSteps()),
                decimal(fields, "weight_decay", usual.weightDecay()),
                decimal(fields, "max_grad_norm", usual.maxGradientNorm()),
                decimal(fields, "average_decay", usual.averageDecay()));
    }

    /** The complete object, every default spelled out. */
    public static String print(AdapterConfig config) {
        ObjectNode fields = config.method().json();
        fields.put("learning_rate", config.optimizer().learningRate());
        fields.put("loraplus_lr_ratio", config.optimizer().loraPlusRatio());
        fields.put("warmup_steps", config.optimizer().warmupSteps());
        fields.put("weight_decay", config.optimizer().weightDecay());
        fields.put("max_grad_norm", config.optimizer().maxGradientNorm());
        fields.put("average_decay", config.optimizer().averageDecay());
        fields.put("batch_sequences", config.batch().sequences());
        fields.put("batch_tokens", config.batch().tokens());
        fields.put("micro_batch_tokens", config.batch().microBatchTokens());
        fields.put("flush_after_ms", config.batch().flushAfter().toMillis());
        fields.put("max_tokens", config.examples().limit().maxTokens());
        fields.put("over_long", config.examples().limit().overLong().name().toLowerCase(Locale.ROOT));
        fields.put("holdout_share", config.examples().holdoutShare());
        fields.put("holdout_size", config.examples().holdoutSize());
        fields.put("replay_share", config.examples().replayShare());
        fields.put("replay_share_after_shift", config.examples().replayShareAfterShift());
        fields.put("harm_tolerance", config.harmTolerance());
        fields.put("commit_every_ms", config.commitEvery().toMillis());
        return fields.toString();
    }

    private static ObjectNode object(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("config is not JSON: " + e.getOriginalMessage(), e);
        }
        throw new IllegalArgumentException("config is not a JSON object");
    }

    /** Moves fields of these names into an object of their own. */
    private static ObjectNode take(ObjectNode from, List<String> names) {
        ObjectNode taken = JSON.createObjectNode();
        names.stream().filter(from::has).forEach(name -> taken.set(name, from.remove(name)));
        return taken;
    }

    private static double decimal(ObjectNode fields, String name, double otherwise) {
        JsonNode value = fields.remove(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber()) {
            throw new IllegalArgumentException("%s is %s; it must be a number".formatted(name, value));
        }
        return value.doubleValue();
    }

    private static int integer(ObjectNode fields, String name, int otherwise) {
        JsonNode value = fields.remove(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new IllegalArgumentException("%s is %s; it must be a whole number".formatted(name, value));
        }
        return value.intValue();
    }

    private static Duration millis(ObjectNode fields, String name, Duration otherwise) {
        return Duration.ofMillis(integer(fields, name, (int) otherwise.toMillis()));
    }

    private static LengthLimit.OverLong overLong(ObjectNode fields, LengthLimit.OverLong otherwise) {
        JsonNode value = fields.remove("over_long");
        if (value == null) {
            return otherwise;
        }
        return switch (value.asText()) {
            case "refuse" -> LengthLimit.OverLong.REFUSE;
            case "cut" -> LengthLimit.OverLong.CUT;
            default -> throw new IllegalArgumentException("over_long is %s; it must be refuse or cut".formatted(value));
        };
    }
}
