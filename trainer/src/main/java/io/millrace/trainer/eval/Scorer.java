package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.LossTally;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import io.millrace.trainer.peft.LoraAdapter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** What a model makes of given sequences, with an adapter or without. Whatever trains on the same model is left alone. */
public final class Scorer {
    /** Most tokens in one pass: enough to keep the processor busy, few enough to be small beside the model. */
    private static final int PACK_TOKENS = 512;

    private Scorer() {}

    /** The loss of each sequence. */
    public static List<ExampleLoss> losses(BaseModel model, Optional<LoraAdapter> adapter, List<Sequence> sequences) {
        LossTally tally = new LossTally(sequences);
        try (AdapterInputs lora = new AdapterInputs(model, adapter)) {
            for (PackedBatch pack : PackedBatch.split(sequences, PACK_TOKENS)) {
                if (pack.rows().length > 0) {
                    tally.add(pack, losses(model, lora, pack));
                }
            }
        }
        return tally.losses();
    }

    private static float[] losses(BaseModel model, AdapterInputs lora, PackedBatch pack) {
        try (NDManager scope = model.newScope()) {
            NDList inputs = NativeArrays.tokens(scope, pack);
            inputs.add(NativeArrays.of(scope, pack.rows()));
            inputs.add(NativeArrays.of(scope, pack.labels()));
            inputs.addAll(lora.arrays());
            return model.run(scope, "losses", inputs).singletonOrThrow().toFloatArray();
        }
    }

    /** Logits [length, vocabulary] of a sequence: row i is about id i + 1. */
    public static float[][] logits(BaseModel model, Optional<LoraAdapter> adapter, int[] ids) {
        try (AdapterInputs lora = new AdapterInputs(model, adapter);
                NDManager scope = model.newScope()) {
            NDList inputs =
                    NativeArrays.tokens(scope, PackedBatch.of(List.of(new Sequence(ids, new float[ids.length]))));
            inputs.add(NativeArrays.of(scope, LongStream.range(0, ids.length).toArray()));
            inputs.addAll(lora.arrays());
            float[] all = model.run(scope, "logits", inputs).singletonOrThrow().toFloatArray();
            int vocabulary = all.length / ids.length;
            float[][] rows = new float[ids.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(all, i * vocabulary, (i + 1) * vocabulary);
            }
            return rows;
        }
    }
}
