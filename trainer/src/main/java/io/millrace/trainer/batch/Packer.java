package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Gathers sequences for one pack. Those that share a prefix have to come one after the other. */
final class Packer {
    /**
     * Pairs of a query and a key that may be computed for padding before another bucket costs less: for each one the engine has a dozen
     * more operations per block to start, and kernels to compile when their shape is new. That is what padding so many takes.
     */
    private static final long WORTH_A_BUCKET = 8_192;

    /**
     * A pack's tokens and rows are filled up to a multiple of this: for every number that it hasn't met yet the engine compiles
     * some fifty kernels, a tenth of a step's time. Multiples of 32 are soon all known, and fill AMX's tiles.
     */
    private static final int GRAIN = 32;

    /**
     * So many times the tokens of a single pass may passes side by side have, each counted as the largest: in a single pass, processors wait
     * for each other thousands of times. Both take as long at about 1.6, but passes side by side take memory for all that they repeat.
     */
    private static final double WORTH_SHARING = 1.4;

    /** So many times {@code maxTokens} may they have, for the same reason. */
    private static final double MOST_TOGETHER = 1.25;

    private final List<Sequence> sequences;
    private final SharedPrefixes shared;
    private final int maxTokens;
    private final List<Integer> members = new ArrayList<>();
    private int tokens;

    Packer(List<Sequence> sequences, SharedPrefixes shared, int maxTokens) {
        this.sequences = sequences;
        this.shared = shared;
        this.maxTokens = maxTokens;
    }

    /** Whether the pack could take the sequence at this index; an empty one takes any. */
    boolean hasRoomFor(int index) {
        return members.isEmpty() || tokensWith(index) <= maxTokens;
    }

    private int tokensWith(int index) {
        int length = sequences.get(index).length();
        return tokens + (sharesWithLast(index) ? length - shared.prefix(index).length() : length);
    }

    void add(int index) {
        tokens = tokensWith(index);
        members.add(index);
    }

    private boolean sharesWithLast(int index) {
        return !members.isEmpty() && sharePrefix(members.get(members.size() - 1), index);
    }

    /** Also true of those that share nothing with anybody. */
    private boolean sharePrefix(int one, int other) {
        return shared.prefix(one).equals(shared.prefix(other));
    }

    /** All in one pack, or in one for each lane, if that takes less time: as long as the largest of them. */
    List<PackedBatch> packs(int lanes) {
        PackedBatch whole = pack();
        List<PackedBatch> shares = shares(Math.min(lanes, members.size()));
        int largest =
                shares.stream().mapToInt(share -> share.ids().length).max().orElseThrow();
        int together = shares.size() * largest;
        boolean sharing = together < WORTH_SHARING * whole.ids().length && together <= MOST_TOGETHER * maxTokens;
        return sharing ? shares : List.of(whole);
    }

    private List<PackedBatch> shares(int count) {
        List<Packer> shares = IntStream.range(0, count)
                .mapToObj(i -> new Packer(sequences, shared, maxTokens))
                .toList();
        for (int index : members) {
            shares.stream()
                    .min(Comparator.comparing(share -> share.tokensWith(index)))
                    .orElseThrow()
                    .add(index);
        }
        return shares.stream()
                .filter(share -> !share.members.isEmpty())
                .map(Packer::pack)
                .toList();
    }

    private PackedBatch pack() {
        int trained =
                members.stream().mapToInt(m -> sequences.get(m).trainedTokens()).sum();
        int length = filledUp(tokens, tokens > maxTokens ? Integer.MAX_VALUE : maxTokens);
        int rows = filledUp(trained, length);
        Layout layout = new Layout(new PackedBatch(
                new long[length],
                new long[length],
                new ArrayList<>(),
                new long[rows],
                new long[rows],
                new float[rows],
                new int[rows]));
        for (int from = 0, to; from < members.size(); from = to) {
            to = from + 1;
            while (to < members.size() && sharePrefix(members.get(from), members.get(to))) {
                to++;
            }
            // a prefix that only one of this pack has is part of that sequence
            int prefix = to - from > 1 ? shared.prefix(members.get(from)).length() : 0;
            layout.addAll(members.subList(from, to), prefix);
        }
        layout.fillUp();
        return layout.pack;
    }

    private static int filledUp(int count, int bound) {
        return Math.min((count + GRAIN - 1) / GRAIN * GRAIN, bound);
    }

    /** Fills a pack's arrays from the front. */
    private final class Layout {
        private final PackedBatch pack;
        private int token;
        private int row;

        Layout(PackedBatch pack) {
            this.pack = pack;
        }

        void addAll(List<Integer> group, int prefix) {
            long prefixStart = token;
            if (prefix > 0) {
                pack.buckets().add(new PackedBatch.Bucket(0, 0, new long[] {token}, new long[] {prefix}));
                addTokens(sequences.get(group.get(0)), 0, prefix);
            }
            for (int from = 0, to; from < group.size(); from = to) {
                to = from + neighbours(group.subList(from, group.size()), prefix);
                addBucket(group.subList(from, to), prefixStart, prefix);
            }
        }

        /** How many of these, the longest first, share a bucket: those of similar length, and more while that costs little. */
        private int neighbours(List<Integer> group, int prefix) {
            int longest = sequences.get(group.get(0)).length() - prefix;
            int count = 0;
            long padding = 0;
            for (int index : group) {
                int length = sequences.get(index).length() - prefix;
                padding += (long) (longest - length) * (longest + prefix);
                if (4 * length < 3 * longest && padding > WORTH_A_BUCKET) {
                    break;
                }
                count++;
            }
            return count;
        }

        private void addBucket(List<Integer> neighbours, long prefixStart, int prefix) {
            int size = neighbours.size();
            PackedBatch.Bucket bucket =
                    new PackedBatch.Bucket(prefix > 0 ? prefixStart : 0, prefix, new long[size], new long[size]);
            for (int i = 0; i < size; i++) {
                Sequence sequence = sequences.get(neighbours.get(i));
                bucket.starts()[i] = token;
                bucket.lengths()[i] = sequence.length() - prefix;
                addRows(sequence, neighbours.get(i), prefix);
                addTokens(sequence, prefix, sequence.length());
            }
            pack.buckets().add(bucket);
        }

        private void addTokens(Sequence sequence, int from, int to) {
            for (int i = from; i < to; i++, token++) {
                pack.ids()[token] = sequence.ids()[i];
                pack.positions()[token] = i;
            }
        }

        /**
         * Lengthens the last sequence, with what none of its own tokens sees, and takes tokens that aren't trained as rows of weight 0. What
         * fills up is the pack's first token: where an adapter has virtual tokens that is one, which doesn't count for what it measures.
         */
        void fillUp() {
            long[] lengths = pack.buckets().get(pack.buckets().size() - 1).lengths();
            lengths[lengths.length - 1] += pack.ids().length - token;
            Arrays.fill(pack.ids(), token, pack.ids().length, pack.ids()[0]);
            int trained = row - 1;
            for (int last = pack.ids().length - 1; row < pack.rows().length; last--) {
                if (trained >= 0 && pack.rows()[trained] == last) {
                    trained--;
                } else {
                    pack.rows()[row++] = last;
                }
            }
        }

        private void addRows(Sequence sequence, int owner, int prefix) {
            for (int i = prefix; i < sequence.length(); i++) {
                if (sequence.lossWeights()[i] > 0) {
                    pack.rows()[row] = token + i - prefix - 1;
                    pack.labels()[row] = sequence.ids()[i];
                    pack.weights()[row] = sequence.lossWeights()[i];
                    pack.owners()[row++] = owner;
                }
            }
        }
    }
}
