package io.millrace.trainer.peft;

/**
 * A linear that LoRA changes: y = W x + scale · B (A x).
 *
 * @param path such as {@code model.layers.0.self_attn.q_proj}
 * @param inputs columns of W
 * @param outputs rows of W
 * @param rank rows of A, columns of B
 * @param scale factor on B A x
 * @param transposed whether the model's files hold W as [inputs, outputs], PEFT's fan_in_fan_out
 */
public record LoraModule(String path, int inputs, int outputs, int rank, double scale, boolean transposed) {
    /** Of a W that isn't transposed. */
    public LoraModule(String path, int inputs, int outputs, int rank, double scale) {
        this(path, inputs, outputs, rank, scale, false);
    }
}
