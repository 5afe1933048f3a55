package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.example.StreamName;
import java.util.HashSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReservoirTest {
    private static final StreamName STREAM = StreamName.parse("tenants/t/adapters/a/streams/s");

    @Test
    void sample_isBoundedAndReachesOverTheWholePast() {
        Reservoir reservoir = offered(20_000);
        List<Long> seqs = reservoir.snapshot().seqs();
        assertThat(seqs).hasSize(512).doesNotHaveDuplicates();
        assertThat(seqs.stream().mapToLong(seq -> seq).average().orElseThrow()).isCloseTo(10_000, within(1_000.0));
    }

    @Test
    void draws_areAFunctionOfSeedAndBatch() {
        Reservoir reservoir = offered(300);
        assertThat(reservoir.draw(3, 7)).isEqualTo(reservoir.draw(3, 7)).hasSize(3);
        assertThat(new HashSet<>(reservoir.draw(50, 7))).hasSize(50);
        assertThat(reservoir.draw(3, 8)).isNotEqualTo(reservoir.draw(3, 7));
    }

    @Test
    void fractions_areDrawnFor() {
        Reservoir reservoir = offered(300);
        double mean = LongStream.range(0, 4_000)
                .map(batch -> reservoir.draw(0.4, batch).size())
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.4, within(0.03));
    }

    @Test
    void restoredFromASnapshot_goesOnTheSame() {
        Reservoir reservoir = offered(1_000);
        Reservoir restored = new Reservoir(42, reservoir.snapshot(), reservoir.members());
        for (long seq = 1_000; seq < 2_000; seq++) {
            reservoir.offer(member(seq));
            restored.offer(member(seq));
        }
        assertThat(restored.snapshot()).isEqualTo(reservoir.snapshot());
    }

    private static Reservoir offered(int count) {
        Reservoir reservoir = new Reservoir(42);
        LongStream.range(0, count).mapToObj(ReservoirTest::member).forEach(reservoir::offer);
        return reservoir;
    }

    private static Member member(long seq) {
        return new Member(seq, STREAM, seq, new Sequence(new int[] {1, 2}, new float[] {0, 1}));
    }
}
