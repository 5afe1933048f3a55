package io.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.step.Phase;
import io.millrace.trainer.step.Phase.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PhaseTimesTest {
    @TempDir
    private Path directory;

    @Test
    void recordedPhases_addUpByKind() throws IOException {
        try (Recording recording = new Recording()) {
            PhaseTimes.record(recording);
            recording.start();
            for (int i = 0; i < 3; i++) {
                Phase.begin(Kind.OPTIMISE).close();
            }
            Phase.begin(Kind.COMMIT).close();
            recording.stop();

            PhaseTimes times = PhaseTimes.read(recording, directory.resolve("recording.jfr"), 60);

            assertThat(times.steps()).isEqualTo(3);
            assertThat(times.of(Kind.OPTIMISE)).isPositive();
            assertThat(times.of(Kind.COMMIT)).isPositive();
            assertThat(times.of(Kind.JUDGE)).isZero();
        }
    }

    @Test
    void whatRunsBesideTraining_isNoPartOfItsTime() {
        PhaseTimes times = new PhaseTimes(
                10,
                Map.of(
                        Kind.PACK, 0.5,
                        Kind.GRADIENTS, 7.0,
                        Kind.OPTIMISE, 0.5,
                        Kind.JUDGE, 1.0,
                        Kind.TOKENISE, 4.0,
                        Kind.COMMIT, 5.0),
                20);

        assertThat(times.otherSeconds()).isCloseTo(1, within(1e-9));
        assertThat(times.notTrainingShare()).isCloseTo(0.2, within(1e-9));
    }
}
