package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.Floats;
import io.millrace.trainer.checkpoint.ArtifactLease;
import io.millrace.trainer.checkpoint.OpenedArtifact;
import io.millrace.trainer.peft.ParameterLayout;
import io.millrace.trainer.step.TrainingStateFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
    private static final String CONFIG = """
            {"rank": 4, "batch_sequences": 4, "flush_after_ms": 0, "replay_share": 0.3, "holdout_share": 0.2, "loraplus_lr_ratio": 4}""";
    private static final int EXAMPLES = 37;

    @TempDir
    private Path folder;

    @Test
    void rehearsal_endsWithTheBitsOfTheStreamThatItStandsFor() {
        try (Base base = TinyModel.load()) {
            float[] streamed;
            long seed;
            try (OnlineTrainer trainer = TinyModel.open(folder.resolve("streamed"), base)) {
                TinyModel.create(trainer, CONFIG);
                trainer.log()
                        .append(TinyModel.STREAM, 0, TinyModel.examples(0, EXAMPLES))
                        .block();
                TinyModel.awaitSettled(trainer, EXAMPLES);
                seed = trainer.adapters().get(TinyModel.ADAPTER).orElseThrow().seed();
                streamed = committedAverage(trainer, base);
            }
            assertThat(rehearse("same", base, seed)).isEqualTo(streamed);
            assertThat(rehearse("other", base, seed + 1)).isNotEqualTo(streamed);
        }
    }

    private float[] rehearse(String name, Base base, long seed) {
        try (Rehearsal rehearsal = Rehearsal.open(folder.resolve(name), base, CONFIG, seed)) {
            rehearsal.append(TinyModel.examples(0, 11));
            rehearsal.append(TinyModel.examples(11, EXAMPLES));
            long settled = 0;
            int tokens = 0;
            for (var next = rehearsal.next(); next.isPresent(); next = rehearsal.next()) {
                assertThat(next.get().settled()).isGreaterThan(settled);
                settled = next.get().settled();
                tokens += next.get().tokens();
            }
            assertThat(settled).isEqualTo(EXAMPLES);
            assertThat(tokens).isPositive();
            return Floats.of(rehearsal.candidate().weights());
        }
    }

    private static float[] committedAverage(OnlineTrainer trainer, Base base) {
        ParameterLayout layout = AdapterConfigJson.parse(CONFIG)
                .method()
                .on(base.host())
                .trained()
                .layout();
        OpenedArtifact state =
                trainer.artifacts().open(trainer.stateDigests(TinyModel.ADAPTER).get(0));
        try (ArtifactLease lease = ((OpenedArtifact.Intact) state).lease()) {
            return Floats.of(TrainingStateFile.read(lease.file(), layout, 0).average());
        }
    }

    @Test
    void settingThatDoesNotFit_isRefusedByName() {
        try (Base base = TinyModel.load()) {
            assertThatThrownBy(() -> Rehearsal.open(folder, base, "{\"target_modules\": [\"lin\"]}", 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("target_modules has \"lin\"");
        }
    }
}
