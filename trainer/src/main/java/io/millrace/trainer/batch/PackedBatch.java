package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences laid one after the other. What several begin with stands there once, before what each goes on
 * with; those that share are together, the longest first. The last one may be followed by a few tokens that only fill up, as if
 * they were its own: they change nothing, since causal attention keeps them from being seen and no row of theirs has a weight.
 *
 * @param ids token ids
 * @param positions of each token in its sequence
 * @param buckets sequences of similar length, or short ones, which attention handles together
 * @param rows index in {@code ids} of each token whose successor is trained on, ascending; then of others, which only fill up
 * @param labels that successor's id
 * @param weights its loss weight, above 0; 0 in rows that only fill up
 * @param owners the sequence it belongs to, as an index in the list that was packed
 */
public record PackedBatch(
        long[] ids, long[] positions, List<Bucket> buckets, long[] rows, long[] labels, float[] weights, int[] owners) {
    /** Whether any of its tokens has a loss. */
    public boolean isTrained() {
        return rows.length > 0;
    }

    /**
     * Where each of some neighbouring sequences' own tokens start in the packed ids, and how many they are.
     *
     * @param prefixStart where the tokens start that all of them begin with
     * @param prefixLength how many these are; 0: none
     */
    public record Bucket(long prefixStart, long prefixLength, long[] starts, long[] lengths) {}

    /** Packs all sequences. */
    public static PackedBatch of(List<Sequence> sequences) {
        return split(sequences, Integer.MAX_VALUE).get(0);
    }

    /**
     * Splits the sequences into packs of at most so many tokens, those that fill up included; a sequence that is longer than that
     * has a pack of its own. The same sequences are always split alike.
     *
     * @param sequences at least one
     */
    public static List<PackedBatch> split(List<Sequence> sequences, int maxTokens) {
        return sideBySide(sequences, maxTokens, 1).stream()
                .flatMap(List::stream)
                .toList();
    }

    /**
     * The same, each pack divided into as many as there are lanes to compute them side by side, where that takes less time.
     *
     * @param maxTokens of all packs that are computed at once, but that lanes may each repeat what sequences share, up to a quarter more
     */
    public static List<List<PackedBatch>> sideBySide(List<Sequence> sequences, int maxTokens, int lanes) {
        SharedPrefixes shared = SharedPrefixes.of(sequences);
        List<Integer> order = IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparing(
                                (Integer index) -> shared.prefix(index).group())
                        .thenComparing(index -> -sequences.get(index).length()))
                .toList();
        List<List<PackedBatch>> packs = new ArrayList<>();
        Packer packer = new Packer(sequences, shared, maxTokens);
        for (int index : order) {
            if (!packer.hasRoomFor(index)) {
                packs.add(packer.packs(lanes));
                packer = new Packer(sequences, shared, maxTokens);
            }
            packer.add(index);
        }
        packs.add(packer.packs(lanes));
        return packs;
    }
}
