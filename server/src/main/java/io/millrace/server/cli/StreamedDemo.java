package io.millrace.server.cli;

import io.millrace.client.StreamStatus;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the streams of a demo came to; times are as {@link System#nanoTime} counts.
 *
 * @param first what became of the first stream's examples
 * @param second what became of those with changed answers
 * @param revisions in the order in which they came
 * @param startedAt when the first example was sent
 * @param changedAt when the first changed one was
 * @param endedAt when all was settled
 * @param peakBytes the most memory that the server held; absent where the system doesn't tell
 */
record StreamedDemo(
        StreamStatus first,
        StreamStatus second,
        List<ReceivedRevision> revisions,
        long startedAt,
        long changedAt,
        long endedAt,
        OptionalLong peakBytes) {
    StreamedDemo {
        revisions = List.copyOf(revisions);
    }

    List<ReceivedRevision> beforeChange() {
        return revisions.stream()
                .filter(revision -> revision.receivedAt() < changedAt)
                .toList();
    }

    List<ReceivedRevision> afterChange() {
        return revisions.stream()
                .filter(revision -> revision.receivedAt() >= changedAt)
                .toList();
    }

    ReceivedRevision last() {
        return revisions.get(revisions.size() - 1);
    }

    double seconds() {
        return (endedAt - startedAt) / 1e9;
    }
}
