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
            List<List<PackedBatch>> waves =
                    PackedBatch.sideBySide(form.virtualTokens().before(sequences), form.passTokens(), form.lanes());
            for (List<PackedBatch> wave : waves) {
                List<PackedBatch> passes =
                        wave.stream().filter(PackedBatch::isTrained).toList();
                if (!passes.isEmpty()) {
                    score(model, form, passes, tally);
                }
            }
        }
        return tally.losses();
    }

    private static void score(BaseModel model, ScoringForm form, List<PackedBatch> packs, LossTally tally) {
        try (NDManager scope = model.newScope()) {
            List<NDList> inputs = packs.stream()
                    .map(pack -> NativeArrays.labelled(scope, pack))
                    .toList();
            List<NDList> losses = form.passes().run(scope, inputs);
            for (int i = 0; i < packs.size(); i++) {
                tally.add(packs.get(i), losses.get(i).singletonOrThrow().toFloatArray());
            }
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
