package io.millrace.server.bench;

import io.millrace.trainer.batch.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What steps are measured with.
 *
 * @param name as the figures are called
 * @param batches taken in turn, round by round
 * @param withForward whether a forward pass alone is timed, too
 */
record Workload(String name, List<List<Sequence>> batches, boolean withForward) {
    /** Chats as they are. */
    static final String RAGGED = "ragged";

    private static final int BATCHES = 4;

    Workload {
        batches = List.copyOf(batches);
        if (batches.isEmpty()) {
            throw new IllegalArgumentException("the workload %s has no batch".formatted(name));
        }
    }

    /** Random tokens, the same in every run, with loss on all but each sequence's first. */
    static Workload dense(String name, int sequences, int length, int vocabulary) {
        Random random = new Random(1);
        List<List<Sequence>> batches = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            List<Sequence> batch = new ArrayList<>();
            for (int j = 0; j < sequences; j++) {
                float[] weights = new float[length];
                Arrays.fill(weights, 1, length, 1);
                batch.add(new Sequence(random.ints(length, 0, vocabulary).toArray(), weights));
            }
            batches.add(batch);
        }
        return new Workload(name, batches, false);
    }

    List<Sequence> batch(int round) {
        return batches.get(round % batches.size());
    }

    /** Every sequence's own tokens, as if nothing were shared. */
    static int tokens(List<Sequence> batch) {
        return batch.stream().mapToInt(Sequence::length).sum();
    }

    static int trainedTokens(List<Sequence> batch) {
        return batch.stream().mapToInt(Sequence::trainedTokens).sum();
    }
}
