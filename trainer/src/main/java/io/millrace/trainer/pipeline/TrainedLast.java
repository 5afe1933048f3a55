package io.millrace.trainer.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The examples trained on last, oldest first, with the losses that they had before. A loss from before the step tells how good
 * the weights were on an example new to them, though by now it isn't: the prequential loss,
 * <a href="https://doi.org/10.2307/2981683">Dawid 1984</a>.
 */
final class TrainedLast {
    /** Two batches by default: enough to tell a change of some answers from chance, by weights hardly older than those judged. */
    private static final int MOST = 16;

    private final Map<Member, Double> losses = new LinkedHashMap<>();

    /** @param loss mean per trained token before the step, nats */
    void add(Member member, double loss) {
        losses.put(member, loss);
        if (losses.size() > MOST) {
            losses.remove(losses.keySet().iterator().next());
        }
    }

    /** @param seq place in the log; 0: all */
    List<Member> after(long seq) {
        return losses.keySet().stream().filter(member -> member.seq() > seq).toList();
    }

    /** Losses of members of this, before they were trained on. */
    double[] losses(List<Member> members) {
        return members.stream().mapToDouble(losses::get).toArray();
    }
}
