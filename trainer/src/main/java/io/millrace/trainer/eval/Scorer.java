package io.millrace.trainer.eval;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.LossTally;
import io.millrace.trainer.batch.PackedBatch;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.method.AdapterTensors;
import io.millrace.trainer.method.TrainedAdapter;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.NativeArrays;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** What a model makes of given sequences, with an adapter or without. Whatever trains on the same model is left alone. */
public final class Scorer {
    private Scorer() {}

    /** The loss of each sequence. */
    public static List<ExampleLoss> losses(
            BaseModel model, Optional<TrainedAdapter> adapter, List<Sequence> sequences) {
        LossTally tally = new LossTally(sequences);
        try (ScoringForm form = ScoringForm.of(model, adapter)) {
            for (PackedBatch pack : PackedBatch.split(form.virtualTokens().before(sequences), form.passTokens())) {
                if (pack.rows().length > 0) {
                    tally.add(pack, losses(model, form, pack));
                }
            }
        }
        return tally.losses();
    }

    private static float[] losses(BaseModel model, ScoringForm form, PackedBatch pack) {
        try (NDManager scope = model.newScope()) {
            NDList inputs = NativeArrays.tokens(scope, pack);
            inputs.add(NativeArrays.of(scope, pack.rows()));
            inputs.add(NativeArrays.of(scope, pack.labels()));
            inputs.addAll(form.adapter());
            return model.runInInferenceMode(scope, form.method(), inputs)
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    /** Logits [length, vocabulary] of a sequence: row i is about id i + 1. */
    public static float[][] logits(BaseModel model, Optional<TrainedAdapter> adapter, int[] ids) {
        try (AdapterTensors tensors = AdapterTensors.toScore(model, adapter);
                NDManager scope = model.newScope()) {
            int virtual = tensors.virtualTokens().count();
            int[] all = tensors.virtualTokens().before(ids);
            NDList inputs =
                    NativeArrays.tokens(scope, PackedBatch.of(List.of(new Sequence(all, new float[all.length]))));
            inputs.add(
                    NativeArrays.of(scope, LongStream.range(virtual, all.length).toArray()));
            inputs.addAll(tensors.inputs());
            float[] found = model.runInInferenceMode(scope, "logits", inputs)
                    .singletonOrThrow()
                    .toFloatArray();
            int vocabulary = found.length / ids.length;
            float[][] rows = new float[ids.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(found, i * vocabulary, (i + 1) * vocabulary);
            }
            return rows;
        }
    }
}
