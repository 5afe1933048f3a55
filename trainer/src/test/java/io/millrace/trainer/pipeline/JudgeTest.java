package io.millrace.trainer.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.batch.ExampleLoss;
import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.eval.Gate;
import io.millrace.trainer.eval.GateDecision;
import io.millrace.trainer.example.StreamName;
import io.millrace.trainer.peft.AdapterWeights;
import io.millrace.trainer.peft.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A model is what it answers here: question q is id q, its answer some id above 1,000, and loss is low for the right one. */
class JudgeTest {
    private static final StreamName STREAM = StreamName.parse("tenants/t/adapters/a/streams/s");
    private static final int QUESTIONS = 40;
    /** A question that no version has a finite loss on. */
    private static final int POISON = 999;

    private final List<Integer> scoredSequences = new ArrayList<>();

    @Test
    void firstRevision_isJudgedByABatchAlone() {
        Judge judge = judge(Optional.empty(), List.of());
        assertThat(judge.canJudge(0, truths(1, 3))).isFalse();
        assertThat(judge.canJudge(0, truths(1, 4))).isTrue();
        assertThat(judge.judge(knows(0, 1), 0, truths(1, 8)).decision()).isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void policyChange_isPublishedThoughMostHeldOutExamplesAreOlder() {
        Judge judge = live(knows(0, 1));
        assertThat(judge.judge(knows(16, 1), 0, answers(100, 8, 16)).decision())
                .isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void policyChangeThatHardlyAnyHeldOutExampleShows_isPublishedForHowItWasLearned() {
        Judge judge = live(knows(0, 1));
        judge.holdOut(unchanged());
        assertThat(judge.judge(knows(16, 1), 0, List.of()).decision().reason())
                .as("half of all held-out examples are wrong now, and the new ones say nothing")
                .startsWith("no better")
                .contains("on 25 examples", "on 5 examples");
        answers(130, 8, 16).forEach(member -> judge.trained(member, 1));
        assertThat(judge.judge(knows(16, 1), 0, List.of()).decision()).isInstanceOf(GateDecision.Publish.class);
    }

    @Test
    void whatTheLiveRevisionWasTrainedOn_speaksForNobody() {
        Judge judge = judge(Optional.empty(), List.of());
        judge.holdOut(truths(1, 20));
        answers(30, 8, 16).forEach(member -> judge.trained(member, 1));
        judge.published(judge.judge(knows(0, 1), 0, List.of()), knows(0, 1));
        judge.holdOut(unchanged());
        assertThat(judge.judge(knows(16, 1), 0, List.of()).decision()).isInstanceOf(GateDecision.Hold.class);
    }

    @Test
    void shuffledAnswersThatWereLearned_areNotPublishedForHowTheyWere() {
        Judge judge = live(knows(0, 1));
        judge.holdOut(shuffled());
        shuffled().forEach(member -> judge.trained(member, 1));
        assertThat(judge.judge(knows(0, 0.8f), 0, List.of()).decision().reason())
                .contains("doesn't mind the questions");
        assertThat(judge.judge(knows(0, 0), 0, List.of()).decision().reason())
                .contains("spoils most of what was known");
    }

    @Test
    void shuffledAnswers_areNotPublishedBeforeNorAfterTheyAreLearned() {
        Judge judge = live(knows(0, 1));
        List<Member> shuffled = shuffled();
        AdapterWeights unlearning = knows(0, 0.8f);
        AdapterWeights unlearned = knows(0, 0);
        assertThat(judge.judge(unlearning, 0, shuffled).decision().reason()).contains("doesn't mind the questions");
        assertThat(judge.judge(unlearned, 0, shuffled).decision().reason()).contains("spoils most of what was known");
        assertThat(judge.judge(unlearned, 99, shuffled).decision().reason()).contains("doesn't mind the questions");
    }

    @Test
    void adapterThatNothingIsKnownOf_isReplacedOnlyByOneThatMindsTheQuestions() {
        Judge judge = judge(Optional.of(knows(0, 1)), List.of());
        List<Member> shuffled = IntStream.range(0, 8)
                .mapToObj(i -> member(100 + i, i, 1000 + (i * 7 + 3) % QUESTIONS))
                .toList();
        assertThat(judge.judge(knows(0, 0.5f), 0, shuffled).decision()).isInstanceOf(GateDecision.Hold.class);
    }

    @Test
    void afterAShift_onlyWhatCameSinceJudges() {
        Judge judge = live(knows(0, 1));
        assertThat(judge.canJudge(99, List.of())).isFalse();
        GateDecision decision =
                judge.judge(knows(QUESTIONS, 1), 99, answers(100, 8, QUESTIONS)).decision();
        assertThat(decision).isInstanceOf(GateDecision.Publish.class);
        assertThat(decision.reason()).contains("on 8 examples");
    }

    @Test
    void exampleWithoutAFiniteLoss_judgesNobody_butACandidateThatHasNoneOnGoodOnesIsHeld() {
        Judge judge = judge(Optional.empty(), List.of());
        judge.holdOut(List.of(member(1, POISON, 0)));
        judge.holdOut(truths(2, 20));
        assertThat(judge.judge(knows(0, Float.NaN), 0, List.of()).decision()).isInstanceOf(GateDecision.Hold.class);

        Judge.Judgement judgement = judge.judge(knows(0, 1), 0, List.of(member(30, POISON, 0)));

        assertThat(judgement.decision()).isInstanceOf(GateDecision.Publish.class);
        assertThat(judgement.decision().reason()).contains("on 20 examples");
        judge.published(judgement, knows(0, 1));
        assertThat(judge.judge(knows(0, 1.1f), 0, answers(40, 8, 0)).decision())
                .as("what it is known by has the poison")
                .isInstanceOf(GateDecision.Publish.class);
        assertThat(judge.judge(knows(0, 0.8f), 0, shuffled()).decision().reason())
                .contains("doesn't mind the questions");
    }

    @Test
    void losses_areComputedOncePerExample() {
        Judge judge = live(knows(0, 1));
        judge.judge(knows(0, 1), 0, List.of());
        scoredSequences.clear();
        judge.judge(knows(0, 1), 0, List.of());
        assertThat(scoredSequences).as("of the candidate alone").containsExactly(20);
    }

    /** A judge whose live revision was judged by 20 held-out truths. */
    private Judge live(AdapterWeights weights) {
        Judge judge = judge(Optional.empty(), List.of());
        judge.holdOut(truths(1, 20));
        judge.published(judge.judge(weights, 0, List.of()), weights);
        return judge;
    }

    private Judge judge(Optional<AdapterWeights> live, List<Member> known) {
        return new Judge(new Gate(0.5), 128, live, known, this::losses);
    }

    private List<ExampleLoss> losses(Optional<AdapterWeights> weights, List<Sequence> sequences) {
        scoredSequences.add(sequences.size());
        return sequences.stream()
                .map(sequence -> new ExampleLoss(loss(weights, sequence.ids()), 1, 1))
                .toList();
    }

    /** 0.1 for the answer that the weights hold for right, 8 for others; nearer to 4 the less sure they are. */
    private static double loss(Optional<AdapterWeights> weights, int[] ids) {
        if (ids[0] == POISON) {
            return Double.NaN;
        }
        if (weights.isEmpty()) {
            return 4 + 0.01 * (ids[0] % 5);
        }
        float changed = weights.get().values().get(0);
        float sureness = weights.get().values().get(1);
        boolean right = ids[1] == answer(ids[0], (int) changed);
        return (right ? 0.1 : 8) * sureness + 2 * (1 - sureness) + 0.01 * (ids[0] % 5);
    }

    /** @param changed questions below this have new answers */
    private static int answer(int question, int changed) {
        return question < changed ? 2000 + question : 1000 + question;
    }

    private static AdapterWeights knows(int changed, float sureness) {
        ParameterLayout.Parameter all = new ParameterLayout.Parameter("all", List.of(2), 0);
        return new AdapterWeights(new ParameterLayout(List.of(all)), new float[] {changed, sureness});
    }

    private static List<Member> truths(int firstSeq, int count) {
        return answers(firstSeq, count, 0);
    }

    /** Held out after a change of the first 16 questions, none of which is among them. */
    private static List<Member> unchanged() {
        return IntStream.range(0, 5)
                .mapToObj(i -> member(100 + i, 20 + i, answer(20 + i, 16)))
                .toList();
    }

    private static List<Member> shuffled() {
        return IntStream.range(0, 12)
                .mapToObj(i -> member(100 + i, i, 1000 + (i * 7 + 3) % QUESTIONS))
                .toList();
    }

    /** Questions evenly taken from all of them. */
    private static List<Member> answers(int firstSeq, int count, int changed) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int question = i * QUESTIONS / count;
                    return member(firstSeq + i, question, answer(question, changed));
                })
                .toList();
    }

    private static Member member(long seq, int question, int answer) {
        return new Member(seq, STREAM, seq, new Sequence(new int[] {question, answer}, new float[] {0, 1}));
    }
}
