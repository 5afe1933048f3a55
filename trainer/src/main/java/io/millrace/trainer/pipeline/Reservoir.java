package io.millrace.trainer.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A uniform sample of the examples trained on so far, from which replay is drawn
 * (<a href="https://doi.org/10.1145/3147.3165">Vitter 1985</a>, algorithm R). Randomness is a function of the adapter's
 * seed and of how many examples came before.
 */
final class Reservoir {
    /** Enough variety for replay; a few hundred token sequences in memory. */
    private static final int CAPACITY = 512;

    private final long seed;
    private final List<Member> members = new ArrayList<>();
    private long seen;

    /**
     * What has to be kept of a reservoir to build it again.
     *
     * @param seen examples offered so far
     * @param seqs places in the log of those held, in order
     */
    record Snapshot(long seen, List<Long> seqs) {
        static final Snapshot EMPTY = new Snapshot(0, List.of());

        Snapshot {
            seqs = List.copyOf(seqs);
        }
    }

    Reservoir(long seed) {
        this.seed = seed;
    }

    /** @param members those of the snapshot that can still be read */
    Reservoir(long seed, Snapshot snapshot, List<Member> members) {
        this.seed = seed;
        this.members.addAll(members);
        this.seen = snapshot.seen();
    }

    Snapshot snapshot() {
        return new Snapshot(seen, members.stream().map(Member::seq).toList());
    }

    void offer(Member member) {
        long index = seen < CAPACITY ? seen : random(seen).nextLong(seen + 1);
        seen++;
        if (members.size() < CAPACITY) {
            members.add(member);
        } else if (index < CAPACITY) {
            members.set((int) index, member);
        }
    }

    /**
     * Draws without putting back.
     *
     * @param expected mean number of examples; the fraction is drawn for
     * @param batch number of the batch they are for
     */
    List<Member> draw(double expected, long batch) {
        SplittableRandom random = random(~batch);
        int count = (int) Math.floor(expected + random.nextDouble());
        List<Member> rest = new ArrayList<>(members);
        List<Member> drawn = new ArrayList<>();
        while (drawn.size() < count && !rest.isEmpty()) {
            int index = random.nextInt(rest.size());
            drawn.add(rest.get(index));
            rest.set(index, rest.get(rest.size() - 1));
            rest.remove(rest.size() - 1);
        }
        return drawn;
    }

    /** Members in no particular order. */
    List<Member> members() {
        return List.copyOf(members);
    }

    private SplittableRandom random(long counter) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + counter);
    }
}
