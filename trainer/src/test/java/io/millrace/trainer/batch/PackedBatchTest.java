package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.batch.PackedBatch.Bucket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PackedBatchTest {
    @Test
    void sequences_lieOneAfterTheOtherTheLongestFirst() {
        PackedBatch pack = PackedBatch.of(List.of(
                new Sequence(new int[] {10, 11}, new float[] {0, 2}),
                new Sequence(new int[] {20, 21, 22}, new float[] {0, 0, 0.5f}),
                new Sequence(new int[] {30, 31}, new float[] {0, 1})));
        assertThat(pack.ids()).startsWith(20, 21, 22, 10, 11, 30, 31);
        assertThat(pack.positions()).startsWith(0, 1, 2, 0, 1, 0, 1);
    }

    @Test
    void trainedTokens_arePredictedFromTheRowBefore() {
        PackedBatch pack = PackedBatch.of(List.of(
                new Sequence(new int[] {10, 11}, new float[] {0, 2}),
                new Sequence(new int[] {20, 21, 22}, new float[] {0, 0, 0.5f})));
        assertThat(pack.rows()).startsWith(1, 3);
        assertThat(pack.labels()).startsWith(22, 11);
        assertThat(pack.weights()).startsWith(0.5f, 2).endsWith(new float[30]);
        assertThat(pack.owners()).startsWith(1, 0);
    }

    @Test
    void lanes_shareAPackEvenly() {
        List<List<PackedBatch>> waves = PackedBatch.sideBySide(ofLengths(60, 50, 40, 30, 20, 100), 512, 2);
        assertThat(waves).hasSize(1);
        assertThat(waves.get(0)).extracting(pack -> pack.ids().length).containsExactly(160, 160);
        assertThat(waves.get(0).stream().flatMapToInt(PackedBatchTest::trainedOwners))
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    @Test
    void onePack_staysWholeWhereSharesWouldBeMuchLarger() {
        assertThat(PackedBatch.sideBySide(ofLengths(200), 512, 2).get(0)).hasSize(1);
        assertThat(PackedBatch.sideBySide(ofLengths(200, 20), 512, 2).get(0)).hasSize(1);
        assertThat(PackedBatch.sideBySide(sharing(118, 2, 4), 512, 2).get(0)).hasSize(1);
    }

    @Test
    void lanes_repeatWhatSequencesShareWhereThatIsLittle() {
        List<Sequence> sharing = sharing(192, 56, 8);
        assertThat(PackedBatch.sideBySide(sharing, 704, 2).get(0))
                .extracting(pack -> pack.ids().length)
                .containsExactly(416, 416);
        assertThat(PackedBatch.sideBySide(sharing, 640, 2).get(0))
                .as("832 tokens at once are more than a quarter more than 640")
                .hasSize(1);
        assertThat(PackedBatch.sideBySide(sharing(192, 24, 8), 704, 2).get(0))
                .as("2 times 288 tokens take as long as 384 in one pass, and more memory")
                .hasSize(1);
    }

    /** Sequences of some equal tokens, and then some of their own, of which the last is trained on. */
    private static List<Sequence> sharing(int shared, int own, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int[] ids = IntStream.range(0, shared + own).toArray();
                    float[] weights = new float[shared + own];
                    ids[shared] = 900 + i;
                    weights[shared + own - 1] = 1;
                    return new Sequence(ids, weights);
                })
                .toList();
    }

    private static IntStream trainedOwners(PackedBatch pack) {
        return IntStream.range(0, pack.owners().length)
                .filter(row -> pack.weights()[row] > 0)
                .map(row -> pack.owners()[row]);
    }

    @Test
    void tokensAndRows_areFilledUpToAMultipleOf32() {
        PackedBatch pack = PackedBatch.of(ofLengths(30, 20));
        assertThat(pack.ids())
                .hasSize(64)
                .endsWith(LongStream.generate(() -> pack.ids()[0]).limit(14).toArray());
        assertThat(pack.positions()).endsWith(new long[14]);
        assertThat(pack.buckets())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(new Bucket(0, 0, new long[] {0, 30}, new long[] {30, 34}));
        assertThat(pack.rows()).hasSize(32).doesNotHaveDuplicates().startsWith(28, 48, 63, 62);
        assertThat(pack.weights()).startsWith(1, 1).endsWith(new float[30]);
    }

    @Test
    void rowsThatFillUp_areOfTokensThatAreNotTrained() {
        float[] weights = new float[64];
        Arrays.fill(weights, 20, 64, 1);
        PackedBatch pack =
                PackedBatch.of(List.of(new Sequence(IntStream.range(0, 64).toArray(), weights)));
        assertThat(pack.rows())
                .containsExactlyInAnyOrder(LongStream.range(0, 64).toArray())
                .startsWith(19, 20, 21);
        assertThat(pack.weights()).endsWith(new float[20]);
    }

    @Test
    void whatFillsUp_keepsToTheTokensOfAPackUnlessASequenceIsLongerThanThat() {
        assertThat(PackedBatch.split(ofLengths(30, 10), 50).get(0).ids()).hasSize(50);
        assertThat(PackedBatch.split(ofLengths(60), 50).get(0).ids()).hasSize(64);
    }

    @Test
    void similarLengths_shareABucket() {
        PackedBatch pack = PackedBatch.of(ofLengths(40, 300, 225, 224, 43));
        assertThat(pack.buckets())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Bucket(0, 0, new long[] {0, 300}, new long[] {300, 225}),
                        new Bucket(0, 0, new long[] {525}, new long[] {224}),
                        new Bucket(0, 0, new long[] {749, 792}, new long[] {43, 40}));
    }

    @Test
    void shortSequences_shareOneWhateverTheirLength_whilePaddingCostsLittle() {
        PackedBatch pack = PackedBatch.of(ofLengths(40, 100, 75, 74, 31));
        assertThat(pack.buckets())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Bucket(0, 0, new long[] {0, 100, 175}, new long[] {100, 75, 74}),
                        new Bucket(0, 0, new long[] {249, 289}, new long[] {40, 31}));
    }

    @Test
    void split_keepsToTheTokensAndLosesNoSequence() {
        List<Sequence> sequences = ofLengths(5, 60, 33, 12, 40, 27, 8);
        List<PackedBatch> packs = PackedBatch.split(sequences, 64);
        assertThat(packs).allSatisfy(pack -> assertThat(pack.ids()).hasSizeLessThanOrEqualTo(64));
        assertThat(packs.stream()
                        .flatMapToInt(pack -> IntStream.range(0, pack.rows().length)
                                .filter(row -> pack.weights()[row] > 0)
                                .map(row -> pack.owners()[row])))
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void sequenceLongerThanAPack_hasOneOfItsOwn() {
        List<PackedBatch> packs = PackedBatch.split(ofLengths(10, 100, 10), 50);
        assertThat(packs).extracting(pack -> pack.ids().length).containsExactly(128, 32);
    }

    @Test
    void whatSequencesBeginWith_standsInThePackOnce() {
        PackedBatch pack = PackedBatch.of(List.of(
                begins(10, 1, 2), new Sequence(new int[] {7, 8, 9}, new float[] {0, 0, 1}), begins(10, 3, 4, 5)));
        assertThat(pack.ids()).startsWith(7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 1, 2);
        assertThat(pack.positions()).startsWith(0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 10, 11);
        assertThat(pack.buckets())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Bucket(0, 0, new long[] {0}, new long[] {3}),
                        new Bucket(0, 0, new long[] {3}, new long[] {10}),
                        new Bucket(3, 10, new long[] {13, 16}, new long[] {3, 16}));
        assertThat(pack.rows()).startsWith(1, 14, 16);
        assertThat(pack.labels()).startsWith(9, 5, 2);
        assertThat(pack.owners()).startsWith(1, 2, 0);
    }

    @Test
    void sharedTokens_endBeforeTheOneThatPredictsATrainedToken() {
        float[] weights = new float[12];
        weights[11] = 1;
        float[] earlier = new float[12];
        earlier[10] = 1;
        int[] ids = IntStream.range(0, 12).toArray();
        PackedBatch pack = PackedBatch.of(List.of(new Sequence(ids, weights), new Sequence(ids, earlier)));
        assertThat(pack.buckets().get(1).prefixLength()).isEqualTo(9);
    }

    @Test
    void fewSharedTokens_areNotWorthABucket() {
        assertThat(PackedBatch.of(List.of(begins(7, 20, 21), begins(7, 22, 23))).buckets())
                .hasSize(1);
    }

    @Test
    void split_countsSharedTokensOncePerPack() {
        List<Sequence> sequences =
                List.of(begins(100, 200, 201), begins(100, 202, 203), begins(100, 204, 205), begins(100, 206, 207));
        assertThat(PackedBatch.split(sequences, 105))
                .extracting(pack -> pack.ids().length)
                .containsExactly(105, 105);
    }

    /** Ids 0, 1, … and then others, of which the last is trained on. */
    private static Sequence begins(int shared, int... others) {
        int[] ids = IntStream.concat(IntStream.range(0, shared), IntStream.of(others))
                .toArray();
        float[] weights = new float[ids.length];
        weights[ids.length - 1] = 1;
        return new Sequence(ids, weights);
    }

    /** With ids that occur but once. */
    private static List<Sequence> ofLengths(int... lengths) {
        AtomicInteger next = new AtomicInteger();
        return IntStream.of(lengths)
                .mapToObj(length -> {
                    float[] weights = new float[length];
                    weights[length - 1] = 1;
                    return new Sequence(
                            IntStream.generate(next::getAndIncrement)
                                    .limit(length)
                                    .toArray(),
                            weights);
                })
                .toList();
    }
}
