package io.millrace.trainer.method;

import io.millrace.trainer.model.BaseModel;
import java.util.function.Function;

/**
 * The frozen model that an adapter belongs to.
 *
 * @param tokens token ids of a text, without those that mark its start or end
 */
public record Host(BaseModel model, Function<String, int[]> tokens) {}
