package io.millrace.trainer.log;

import io.millrace.trainer.example.StreamName;
import java.util.List;
import java.util.Map;

/**
 * Which examples of an adapter are settled (trained, held out, quarantined or dropped) as of a commit.
 *
 * @param throughSeq all up to this one; 0: none
 * @param beyond those after it, since batches may take examples out of order
 * @param streams every stream of which anything is settled
 */
public record Settlement(long throughSeq, List<Long> beyond, Map<StreamName, StreamProgress> streams) {
    public static final Settlement NONE = new Settlement(0, List.of(), Map.of());

    public Settlement {
        beyond = List.copyOf(beyond);
        streams = Map.copyOf(streams);
        for (long seq : beyond) {
            if (seq <= throughSeq) {
                throw new IllegalArgumentException(
                        "beyond has %d, which throughSeq %d covers already".formatted(seq, throughSeq));
            }
        }
    }
}
