package io.millrace.trainer.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Questions with each other's last answers: a model that minds the questions finds these harder than the real ones. */
public final class SwappedAnswers {
    private SwappedAnswers() {}

    /**
     * One question.
     *
     * @param question index of the sequence
     * @param swapped it with another one's answer, which differs
     */
    public record Swap(int question, Sequence swapped) {}

    /**
     * Gives each question the answer of another one, about half the list away. Left out are sequences that don't end with an
     * answer (trained tokens that something comes before), and those that no other differs from in question and answer:
     * plain texts have nothing but the same first token before them.
     */
    public static List<Swap> of(List<Sequence> sequences) {
        int[] answered = IntStream.range(0, sequences.size())
                .filter(i -> hasAnswer(sequences.get(i)))
                .toArray();
        int size = answered.length;
        List<Swap> swaps = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Sequence question = sequences.get(answered[i]);
            for (int step = 0; step < size; step++) {
                Sequence other = sequences.get(answered[(i + size / 2 + step) % size]);
                if (!sameAnswer(question, other) && !sameQuestion(question, other)) {
                    swaps.add(new Swap(answered[i], join(question, other)));
                    break;
                }
            }
        }
        return swaps;
    }

    private static boolean hasAnswer(Sequence sequence) {
        int start = answerStart(sequence);
        return start > 0 && start < sequence.length();
    }

    private static boolean sameAnswer(Sequence one, Sequence other) {
        return Arrays.equals(
                one.ids(), answerStart(one), one.length(), other.ids(), answerStart(other), other.length());
    }

    private static boolean sameQuestion(Sequence one, Sequence other) {
        return Arrays.equals(one.ids(), 0, answerStart(one), other.ids(), 0, answerStart(other));
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
