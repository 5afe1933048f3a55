package io.millrace.trainer.model;

import java.util.List;

/**
 * A tensor of a model's file, and where the program has it.
 *
 * @param name Hugging Face's, such as {@code model.layers.3.self_attn.q_proj.weight}
 * @param shape in the file
 * @param key what the program calls it, such as {@code 3.q.weight}: an adapter's tensor of that key stands in for it
 * @param held the program's weight of which it is some rows, such as {@code 3.qkv.weight}
 * @param row the first of them
 * @param copies so many rows, each a copy of it: of a norm per head; 0: it is what it is
 * @param transposed whether the program has rows and columns exchanged: GPT-2's files hold linears as [inputs, outputs]
 */
public record ModelTensor(
        String name, List<Integer> shape, String key, String held, int row, int copies, boolean transposed) {
    public ModelTensor {
        shape = List.copyOf(shape);
    }

    /** Whether it is the weight or the bias of a norm. */
    public boolean isNorm() {
        return key.endsWith("norm") || key.endsWith("norm.bias");
    }

    public boolean isBias() {
        return key.endsWith(".bias");
    }

    /** Whether it is the weight of a linear of a block. */
    boolean isWeightOfLinear() {
        return key.endsWith(".weight");
    }

    /** Rows that it takes of what holds it. */
    int rows() {
        return copies > 0 ? copies : shape.get(transposed ? 1 : 0);
    }

    /** Columns of what holds it; 0: that has one dimension. */
    int columns() {
        if (copies > 0) {
            return shape.get(0);
        }
        return shape.size() == 1 ? 0 : shape.get(transposed ? 0 : 1);
    }
}
