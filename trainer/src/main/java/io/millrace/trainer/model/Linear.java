package io.millrace.trainer.model;

/**
 * A linear map of the model that an adapter can change.
 *
 * @param path such as {@code model.layers.0.self_attn.q_proj}
 * @param key what the program calls it, with its block, such as {@code 0.q}
 * @param inputs columns of its weight
 * @param outputs rows of its weight
 * @param transposed whether files hold the weight as [inputs, outputs]: GPT-2's Conv1D
 */
public record Linear(String path, String key, int inputs, int outputs, boolean transposed) {
    /** One of a Llama-like model. */
    public Linear(String path, int inputs, int outputs) {
        this(path, path.split("\\.")[2] + "." + lastOf(path).replace("_proj", ""), inputs, outputs, false);
    }

    /** What the program calls it in its block, such as {@code q}. */
    public String name() {
        return lastOf(key);
    }

    private static String lastOf(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
