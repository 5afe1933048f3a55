package io.millrace.trainer.pipeline;

import java.util.List;
import java.util.stream.Stream;

/** What reaches the training thread, in the order in which it was decided. */
sealed interface Work {
    /**
     * A batch whose record is durable.
     *
     * @param train new examples, in log order; may be empty when all were held out or dropped
     * @param heldOut examples that will judge and never be trained on
     * @param replay examples trained on before
     * @param reservoir what later batches may draw replay from, as of this batch
     */
    record Batch(
            BatchRecord record,
            List<Member> train,
            List<Member> heldOut,
            List<Dropped> dropped,
            List<Member> replay,
            Reservoir.Snapshot reservoir)
            implements Work {
        /** In the step, those of replayed examples included. */
        int tokens() {
            return Stream.concat(train.stream(), replay.stream())
                    .mapToInt(member -> member.sequence().length())
                    .sum();
        }
    }

    /** All that was logged has been batched: a good moment to judge and commit. */
    record Idle() implements Work {}
}
