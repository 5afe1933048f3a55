package io.millrace.trainer.batch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which sequences begin with the same tokens, such as one system prompt. What is shared ends before the first token that any
 * of them trains on, so that every loss belongs to a sequence's own tokens.
 */
final class SharedPrefixes {
    /** Sequences that share fewer tokens are left alone: a prefix costs attention a bucket of its own. */
    private static final int SHORTEST = 8;

    private static final Prefix NONE = new Prefix(-1, 0);

    private final Prefix[] prefixes;

    /**
     * What some sequences begin with.
     *
     * @param group index of the first sequence that has it; below 0: none is shared
     * @param length tokens
     */
    record Prefix(int group, int length) {}

    private SharedPrefixes(Prefix[] prefixes) {
        this.prefixes = prefixes;
    }

    static SharedPrefixes of(List<Sequence> sequences) {
        Map<List<Integer>, Prefix> byStart = new HashMap<>();
        Map<Integer, Integer> members = new HashMap<>();
        int[] groups = new int[sequences.size()];
        for (int i = 0; i < groups.length; i++) {
            Sequence sequence = sequences.get(i);
            int sharable = sharable(sequence);
            groups[i] = NONE.group();
            if (sharable >= SHORTEST) {
                int[] ids = sequence.ids();
                List<Integer> start = Arrays.stream(ids, 0, SHORTEST).boxed().toList();
                Prefix present = byStart.getOrDefault(start, new Prefix(i, sharable));
                int most = Math.min(present.length(), sharable);
                int differs = Arrays.mismatch(
                        ids, 0, most, sequences.get(present.group()).ids(), 0, most);
                byStart.put(start, new Prefix(present.group(), differs < 0 ? most : differs));
                groups[i] = present.group();
                members.merge(groups[i], 1, Integer::sum);
            }
        }
        Map<Integer, Prefix> shared = new HashMap<>();
        byStart.values().stream()
                .filter(prefix -> members.getOrDefault(prefix.group(), 0) > 1)
                .forEach(prefix -> shared.put(prefix.group(), prefix));
        return new SharedPrefixes(Arrays.stream(groups)
                .mapToObj(group -> shared.getOrDefault(group, NONE))
                .toArray(Prefix[]::new));
    }

    /** Tokens before the one that predicts the first trained token; all but the last where none is trained. */
    private static int sharable(Sequence sequence) {
        int trained = 0;
        while (trained < sequence.length() && sequence.lossWeights()[trained] == 0) {
            trained++;
        }
        return trained - 1;
    }

    /** What the sequence at this index shares with others. */
    Prefix prefix(int index) {
        return prefixes[index];
    }
}
