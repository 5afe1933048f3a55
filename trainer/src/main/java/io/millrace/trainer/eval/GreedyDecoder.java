package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.LoraAdapter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Continues a prompt with the likeliest token each time. */
public final class GreedyDecoder {
    private GreedyDecoder() {}

    /**
     * The continuation, without the token that ended it.
     *
     * @param prompt at least two token ids
     * @param maxNewTokens most tokens to add
     * @param stop tokens that end the continuation
     */
    public static int[] decode(
            BaseModel model, Optional<LoraAdapter> adapter, int[] prompt, int maxNewTokens, Set<Integer> stop) {
        try (AdapterInputs lora = new AdapterInputs(model, adapter);
                NDManager scope = model.newScope()) {
            Sequence sequence = new Sequence(prompt, new float[prompt.length]);
            NDList inputs = NativeArrays.tokens(scope, PackedBatch.of(List.of(sequence)));
            inputs.add(NativeArrays.of(scope, new long[] {maxNewTokens}));
            inputs.add(NativeArrays.of(
                    scope, stop.stream().mapToLong(Integer::longValue).toArray()));
            inputs.addAll(lora.arrays());
            long[] ids = model.run(scope, "decode", inputs).singletonOrThrow().toLongArray();
            return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
        }
    }
}
