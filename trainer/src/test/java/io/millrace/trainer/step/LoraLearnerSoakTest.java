package io.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.millrace.trainer.TinyModel;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.GreedyDecoder;
import io.millrace.trainer.eval.Scorer;
import io.millrace.trainer.method.Lora;
import io.millrace.trainer.model.BaseModel;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.peft.LoraAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoraLearnerSoakTest {
    private static final StepSettings SETTINGS = new StepSettings(1e-4, 1, 0, 1, 4096, 0, 0);
    private static final int STEPS = 1200;

    @Test
    void manySteps_leaveNativeMemoryFlat() throws IOException {
        try (BaseModel model = TinyModel.load(TinyModel.plain(), FloatType.FLOAT32);
                NDManager scope = model.newScope()) {
            LoraAdapter adapter = TinyModel.adapter(model, path -> 4);
            try (AdapterLearner learner =
                    Gradients.HAND_WRITTEN.start(model, adapter.modules(), States.fresh(adapter))) {
                run(model, adapter, learner, 0, STEPS / 3);
                int arrays = scope.getParentManager().getManagedArrays().size();
                long before = residentKilobytes();
                run(model, adapter, learner, STEPS / 3, STEPS);
                assertThat(scope.getParentManager().getManagedArrays().size()).isEqualTo(arrays);
                assertThat(residentKilobytes() - before).isLessThan(32 << 10);
            }
        }
    }

    private static void run(BaseModel model, LoraAdapter adapter, AdapterLearner learner, int from, int to) {
        for (int step = from; step < to; step++) {
            List<Sequence> batch = TinyModel.sequences(8 + step % 23, 40 - step % 11);
            learner.step(batch, SETTINGS);
            if (step % 50 == 0) {
                Scorer.losses(model, Optional.of(Lora.adapter(model.linears(), adapter)), batch);
                GreedyDecoder.decode(
                        model,
                        Optional.of(Lora.adapter(model.linears(), adapter)),
                        List.of(new GreedyDecoder.Prompt(batch.get(0).ids(), 5)),
                        Set.of());
                learner.state();
            }
        }
    }

    /** After a collection, which gives back the garbage's share. */
    private static long residentKilobytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
