package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Examples with their last answers exchanged: a model that minds the questions finds these harder than the real ones. */
public final class SwappedAnswers {
    private SwappedAnswers() {}

    /** Whether the sequence ends with a stretch of trained tokens that something comes before. */
    public static boolean hasAnswer(Sequence sequence) {
        int start = answerStart(sequence);
        return start > 0 && start < sequence.length();
    }

    /**
     * Each sequence with the answer of another one, half the list away.
     *
     * @param sequences at least two, each with an answer
     */
    public static List<Sequence> of(List<Sequence> sequences) {
        List<Sequence> swapped = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i++) {
            swapped.add(join(sequences.get(i), sequences.get((i + sequences.size() / 2) % sequences.size())));
        }
        return swapped;
    }

    private static Sequence join(Sequence question, Sequence answer) {
        int from = answerStart(answer);
        int prompt = answerStart(question);
        int length = prompt + answer.length() - from;
        int[] ids = Arrays.copyOf(question.ids(), length);
        System.arraycopy(answer.ids(), from, ids, prompt, length - prompt);
        float[] weights = new float[length];
        System.arraycopy(answer.lossWeights(), from, weights, prompt, length - prompt);
        return new Sequence(ids, weights);
    }

    private static int answerStart(Sequence sequence) {
        int start = sequence.length();
        while (start > 0 && sequence.lossWeights()[start - 1] > 0) {
            start--;
        }
        return start;
    }
}
