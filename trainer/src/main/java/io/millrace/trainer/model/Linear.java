package io.millrace.trainer.model;

/**
 * A linear map of the model that an adapter can change.
 *
 * @param path such as {@code model.layers.0.self_attn.q_proj}
 * @param inputs columns of its weight
 * @param outputs rows of its weight
 */
public record Linear(String path, int inputs, int outputs) {
    /** What the program calls it in its block, such as {@code q}. */
    public String name() {
        return path.substring(path.lastIndexOf('.') + 1).replace("_proj", "");
    }

    /** What the program calls it, with its block, such as {@code 0.q}. */
    public String key() {
        return path.split("\\.")[2] + "." + name();
    }
}
