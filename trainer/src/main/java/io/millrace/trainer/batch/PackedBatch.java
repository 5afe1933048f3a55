package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences laid one after the other, without padding, the longest first.
 *
 * @param ids token ids of all sequences
 * @param positions of each token in its sequence
 * @param buckets sequences of similar length, which attention handles together
 * @param rows index in {@code ids} of each token whose successor is trained on
 * @param labels that successor's id
 * @param weights its loss weight
 * @param owners the sequence it belongs to, as an index in the list that was packed
 */
public record PackedBatch(
        long[] ids, long[] positions, List<Bucket> buckets, long[] rows, long[] labels, float[] weights, int[] owners) {
    /** Where each of some neighbouring sequences starts in the packed ids, and its length. */
    public record Bucket(long[] starts, long[] lengths) {}

    /** Packs all sequences. */
    public static PackedBatch of(List<Sequence> sequences) {
        return of(sequences, longestFirst(sequences));
    }

    /**
     * Splits the sequences, a longest first, into packs of at most so many tokens; a sequence that is longer than that
     * has a pack of its own. The same sequences are always split alike.
     */
    public static List<PackedBatch> split(List<Sequence> sequences, int maxTokens) {
        List<PackedBatch> packs = new ArrayList<>();
        List<Integer> members = new ArrayList<>();
        int tokens = 0;
        for (int index : longestFirst(sequences)) {
            int length = sequences.get(index).length();
            if (!members.isEmpty() && tokens + length > maxTokens) {
                packs.add(of(sequences, members));
                members.clear();
                tokens = 0;
            }
            members.add(index);
            tokens += length;
        }
        if (!members.isEmpty()) {
            packs.add(of(sequences, members));
        }
        return packs;
    }

    private static List<Integer> longestFirst(List<Sequence> sequences) {
        return IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparing(
                        (Integer index) -> -sequences.get(index).length()))
                .toList();
    }

    private static PackedBatch of(List<Sequence> sequences, List<Integer> members) {
        int tokens = members.stream().mapToInt(m -> sequences.get(m).length()).sum();
        int trained =
                members.stream().mapToInt(m -> sequences.get(m).trainedTokens()).sum();
        PackedBatch pack = new PackedBatch(
                new long[tokens],
                new long[tokens],
                buckets(members.stream()
                        .mapToInt(m -> sequences.get(m).length())
                        .toArray()),
                new long[trained],
                new long[trained],
                new float[trained],
                new int[trained]);
        int token = 0;
        int row = 0;
        for (int member : members) {
            Sequence sequence = sequences.get(member);
            for (int i = 0; i < sequence.length(); i++, token++) {
                pack.ids[token] = sequence.ids()[i];
                pack.positions[token] = i;
                if (sequence.lossWeights()[i] > 0) {
                    pack.rows[row] = token - 1;
                    pack.labels[row] = sequence.ids()[i];
                    pack.weights[row] = sequence.lossWeights()[i];
                    pack.owners[row++] = member;
                }
            }
        }
        return pack;
    }

    /**
     * Neighbours share a bucket while the shortest is at least three quarters of the longest: few buckets, little
     * padding.
     */
    private static List<Bucket> buckets(int[] lengths) {
        List<Bucket> buckets = new ArrayList<>();
        long start = 0;
        for (int from = 0, to; from < lengths.length; from = to) {
            to = from;
            while (to < lengths.length && 4 * lengths[to] >= 3 * lengths[from]) {
                to++;
            }
            Bucket bucket = new Bucket(new long[to - from], new long[to - from]);
            for (int i = from; i < to; i++) {
                bucket.starts[i - from] = start;
                bucket.lengths[i - from] = lengths[i];
                start += lengths[i];
            }
            buckets.add(bucket);
        }
        return buckets;
    }
}
