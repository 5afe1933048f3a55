package io.millrace.trainer.model;

/**
 * Rotary position embedding: the inverse frequency of each pair of channels, scaling already applied, and the factor on cos
 * and sin (1 but for yarn).
 *
 * @param inverseFrequencies headSize / 2 values, radians per position
 */
public record Rope(float[] inverseFrequencies, float attentionFactor) {}
