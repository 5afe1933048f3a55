package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.batch.PackedBatch.Bucket;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PackedBatchTest {
    @Test
    void sequences_lieOneAfterTheOtherTheLongestFirst() {
        PackedBatch pack = PackedBatch.of(List.of(
                new Sequence(new int[] {10, 11}, new float[] {0, 2}),
                new Sequence(new int[] {20, 21, 22}, new float[] {0, 0, 0.5f}),
                new Sequence(new int[] {30, 31}, new float[] {0, 1})));
        assertThat(pack.ids()).containsExactly(20, 21, 22, 10, 11, 30, 31);
        assertThat(pack.positions()).containsExactly(0, 1, 2, 0, 1, 0, 1);
    }

    @Test
    void trainedTokens_arePredictedFromTheRowBefore() {
        PackedBatch pack = PackedBatch.of(List.of(
                new Sequence(new int[] {10, 11}, new float[] {0, 2}),
                new Sequence(new int[] {20, 21, 22}, new float[] {0, 0, 0.5f})));
        assertThat(pack.rows()).containsExactly(1, 3);
        assertThat(pack.labels()).containsExactly(22, 11);
        assertThat(pack.weights()).containsExactly(0.5f, 2);
        assertThat(pack.owners()).containsExactly(1, 0);
    }

    @Test
    void similarLengths_shareABucket() {
        PackedBatch pack = PackedBatch.of(ofLengths(40, 100, 75, 74, 30));
        assertThat(pack.buckets())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Bucket(new long[] {0, 100}, new long[] {100, 75}),
                        new Bucket(new long[] {175}, new long[] {74}),
                        new Bucket(new long[] {249, 289}, new long[] {40, 30}));
    }

    @Test
    void split_keepsToTheTokensAndLosesNoSequence() {
        List<Sequence> sequences = ofLengths(5, 60, 33, 12, 40, 27, 8);
        List<PackedBatch> packs = PackedBatch.split(sequences, 64);
        assertThat(packs).allSatisfy(pack -> assertThat(pack.ids()).hasSizeLessThanOrEqualTo(64));
        assertThat(packs.stream()
                        .flatMapToInt(pack -> IntStream.of(pack.owners()))
                        .distinct())
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6);
        assertThat(packs.stream().mapToInt(pack -> pack.ids().length).sum())
                .isEqualTo(sequences.stream().mapToInt(Sequence::length).sum());
    }

    @Test
    void sequenceLongerThanAPack_hasOneOfItsOwn() {
        List<PackedBatch> packs = PackedBatch.split(ofLengths(10, 100, 10), 50);
        assertThat(packs).extracting(pack -> pack.ids().length).containsExactly(100, 20);
    }

    private static List<Sequence> ofLengths(int... lengths) {
        return IntStream.of(lengths)
                .mapToObj(length -> {
                    float[] weights = new float[length];
                    weights[length - 1] = 1;
                    return new Sequence(new int[length], weights);
                })
                .toList();
    }
}
