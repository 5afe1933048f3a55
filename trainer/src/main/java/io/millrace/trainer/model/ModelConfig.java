package io.millrace.trainer.model;

import java.util.List;
import java.util.OptionalInt;

/**
 * The shape of a decoder: Llama, Mistral, Qwen2 and Qwen3, which are alike, or GPT-2.
 *
 * @param architecture {@code llama}, {@code mistral}, {@code qwen2}, {@code qwen3} or {@code gpt2}
 * @param headSize size of one attention head; not always hiddenSize / heads
 * @param rope {@link Rope#NONE} of GPT-2, which adds an embedding of the position to that of the token
 * @param slidingWindow attention reaches this many tokens back, itself included; absent: all
 * @param slidingLayers per layer, whether the window applies; empty means it applies to all layers (when there is one)
 * @param attentionBias q, k and v projections have biases (Qwen2; some Llamas, there on o too: see outputBias)
 * @param outputBias o has a bias
 * @param mlpBias gate, up and down have biases
 * @param headNorms q and k are RMS-normalised per head before the rotary embedding (Qwen3)
 * @param tiedEmbeddings the output projection is the embedding
 * @param contextLength most positions the model was made for
 */
public record ModelConfig(
        String architecture,
        int vocabularySize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int keyValueHeads,
        int headSize,
        float normEpsilon,
        Rope rope,
        OptionalInt slidingWindow,
        List<Boolean> slidingLayers,
        boolean attentionBias,
        boolean outputBias,
        boolean mlpBias,
        boolean headNorms,
        boolean tiedEmbeddings,
        int contextLength) {
    public ModelConfig {
        slidingLayers = List.copyOf(slidingLayers);
        boolean rotary = !architecture.equals("gpt2");
        require(heads % keyValueHeads == 0, "%d heads are not a multiple of %d key-value heads", heads, keyValueHeads);
        require(
                !rotary || headSize % 2 == 0,
                "a head size of %d is odd; the rotary embedding pairs its channels",
                headSize);
        require(
                rope.inverseFrequencies().length == (rotary ? headSize / 2 : 0),
                "%d rotary frequencies for a head size of %d",
                rope.inverseFrequencies().length,
                headSize);
        require(
                slidingLayers.isEmpty() || slidingLayers.size() == layers,
                "%d layer types for %d layers",
                slidingLayers.size(),
                layers);
    }

    /** Whether positions are embedded, norms are layer norms, q, k and v one linear, and the feed-forward network has no gate. */
    public boolean isGpt2() {
        return architecture.equals("gpt2");
    }

    /** Path of a block in a Hugging Face model. */
    public String block(int layer) {
        return (isGpt2() ? "transformer.h." : "model.layers.") + layer;
    }

    private static void require(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
