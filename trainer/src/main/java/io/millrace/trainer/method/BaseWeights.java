package io.millrace.trainer.method;

import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.Linear;
import io.millrace.trainer.model.ModelConfig;
import io.millrace.trainer.peft.ParameterLayout;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.Predicate;

/**
 * Copies of the model's own weights that stand in for them. What linears share that the program has as one comes one after
 * the other, in the program's order.
 */
final class BaseWeights {
    /** 2 GiB of float32, the most that lies in one array. */
    private static final long MOST = (1L << 29) - 1;

    private final BaseModel model;
    private final TrainedTensors.Builder tensors = new TrainedTensors.Builder();
    private long size;

    private BaseWeights(BaseModel model) {
        this.model = model;
    }

    /**
     * Those whose path in a Hugging Face file is chosen.
     *
     * @throws IllegalArgumentException if there are more than fit one array
     */
    static TrainedTensors of(BaseModel model, Predicate<String> chosen) {
        BaseWeights all = new BaseWeights(model);
        all.collect(chosen);
        return all.tensors.build();
    }

    private void collect(Predicate<String> chosen) {
        ModelConfig config = model.config();
        int width = config.hiddenSize();
        add(chosen, "embedding", "model.embed_tokens.weight", config.vocabularySize(), width);
        for (int layer = 0; layer < config.layers(); layer++) {
            String path = "model.layers." + layer + ".";
            List<Linear> linears = model.linears().subList(7 * layer, 7 * layer + 7);
            add(chosen, layer + ".input_norm", path + "input_layernorm.weight", width);
            linears(chosen, linears, config);
            if (config.headNorms()) {
                add(chosen, layer + ".q_norm", path + "self_attn.q_norm.weight", config.headSize());
                add(chosen, layer + ".k_norm", path + "self_attn.k_norm.weight", config.headSize());
            }
            add(chosen, layer + ".middle_norm", path + "post_attention_layernorm.weight", width);
        }
        add(chosen, "norm", "model.norm.weight", width);
        if (!config.tiedEmbeddings()) {
            add(chosen, "head", "lm_head.weight", config.vocabularySize(), width);
        }
    }

    private void linears(Predicate<String> chosen, List<Linear> linears, ModelConfig config) {
        for (Linear linear : linears) {
            add(chosen, linear.key() + ".weight", linear.path() + ".weight", linear.outputs(), linear.inputs());
            if (hasBias(config, linear)) {
                add(chosen, linear.key() + ".bias", linear.path() + ".bias", linear.outputs());
            }
        }
    }

    static boolean hasBias(ModelConfig config, Linear linear) {
        return switch (linear.name()) {
            case "q", "k", "v" -> config.attentionBias();
            case "o" -> config.outputBias();
            default -> config.mlpBias();
        };
    }

    private void add(Predicate<String> chosen, String key, String path, Integer... shape) {
        if (!chosen.test(path)) {
            return;
        }
        long elements = 1;
        for (int length : shape) {
            elements *= length;
        }
        size += elements;
        if (size > MOST) {
            throw new IllegalArgumentException(
                    "method would train more than %d weights of this model, the most that it can; train fewer of them"
                            .formatted(MOST));
        }
        tensors.add(key, path, shape);
    }

    /** The values that the model has, as the layout says. */
    static void read(BaseModel model, TrainedTensors tensors, FloatBuffer into) {
        List<ParameterLayout.Parameter> parameters = tensors.layout().parameters();
        for (int i = 0; i < parameters.size(); i++) {
            read(model, tensors.keys().get(i), parameters.get(i).shape(), into);
        }
    }

    /** The values of the weight that the program finds under this key. */
    static void read(BaseModel model, String key, List<Integer> shape, FloatBuffer into) {
        ModelConfig config = model.config();
        int queries = config.heads() * config.headSize();
        int keys = config.keyValueHeads() * config.headSize();
        int rows = shape.get(0);
        int columns = shape.size() > 1 ? shape.get(1) : 0;
        String[] parts = key.split("\\.", 3);
        String what = parts.length > 2 ? "." + parts[2] : "";
        switch (parts.length > 1 ? parts[1] : "") {
            case "q" -> model.read(parts[0] + ".qkv" + what, 0, rows, columns, into);
            case "k" -> model.read(parts[0] + ".qkv" + what, queries, rows, columns, into);
            case "v" -> model.read(parts[0] + ".qkv" + what, queries + keys, rows, columns, into);
            case "gate" -> model.read(parts[0] + ".gate_up" + what, 0, rows, columns, into);
            case "up" -> model.read(parts[0] + ".gate_up" + what, rows, rows, columns, into);
            case "q_norm" -> model.read(parts[0] + ".head_norm", 0, 1, rows, into);
            case "k_norm" -> model.read(parts[0] + ".head_norm", config.heads(), 1, rows, into);
            default -> model.read(key, 0, rows, columns, into);
        }
    }
}
