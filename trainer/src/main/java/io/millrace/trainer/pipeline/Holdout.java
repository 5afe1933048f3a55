package io.millrace.trainer.pipeline;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/** The newest held-out examples, oldest first: as many as may judge, and no more tokens than one comparison should cost. */
final class Holdout {
    private static final int MOST_TOKENS = 16_384;

    private final int most;
    private final int fewest;
    private final Deque<Member> members = new ArrayDeque<>();

    /**
     * @param most examples kept
     * @param fewest examples kept however long they are
     */
    Holdout(int most, int fewest) {
        this.most = most;
        this.fewest = fewest;
    }

    void add(Collection<Member> heldOut) {
        members.addAll(heldOut);
        while (members.size() > most || tokens() > MOST_TOKENS && members.size() > fewest) {
            members.removeFirst();
        }
    }

    private int tokens() {
        return members.stream().mapToInt(member -> member.sequence().length()).sum();
    }

    /** @param seq place in the log; 0: all */
    List<Member> after(long seq) {
        return members.stream().filter(member -> member.seq() > seq).toList();
    }
}
