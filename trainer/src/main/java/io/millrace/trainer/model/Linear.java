package io.millrace.trainer.model;

/**
 * A linear map of the model that an adapter can change.
 *
 * @param path such as {@code model.layers.0.self_attn.q_proj}
 * @param inputs columns of its weight
 * @param outputs rows of its weight
 */
public record Linear(String path, int inputs, int outputs) {}
