package io.millrace.trainer.log;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.StreamName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The durable log of examples. What is acknowledged survives a crash and a power loss. Writes never block and fail with a
 * {@link StorageException}; reads block shortly.
 */
public interface ExampleLog {
    /** Creates the stream, when its adapter exists and it doesn't. */
    Mono<OpenOutcome> open(StreamName stream);

    /** Absent: there is no such stream. */
    Optional<StreamState> stream(StreamName stream);

    /** All streams of an adapter, by name. */
    List<StreamState> streams(AdapterName adapter);

    /** How many more bytes the adapter's log takes before it is at its bound; below 0 beyond it, 0 without such an adapter. */
    long room(AdapterName adapter);

    /**
     * Appends examples, all or none, and completes when they are durable. Offsets that are stored already have to hold the
     * same examples; they are not stored again. Those whose bodies were dropped, since they were settled long ago, are not
     * compared. Creates the stream if need be.
     *
     * @param offset of the first example: the stream's next offset, or one before it
     * @param examples at least one
     */
    default Mono<AppendOutcome> append(StreamName stream, long offset, List<Example> examples) {
        return appendEncoded(
                stream, offset, examples.stream().map(EncodedExample::of).toList());
    }

    /** The same, for whoever has encoded them already. */
    Mono<AppendOutcome> appendEncoded(StreamName stream, long offset, List<EncodedExample> examples);

    /**
     * The examples of an adapter after one of them, in order; the first one even if it alone is above maxBytes.
     *
     * @param afterSeq 0: from the first one on
     * @param maxExamples at least 1
     */
    List<LoggedExample> read(AdapterName adapter, long afterSeq, int maxExamples, long maxBytes);

    /** Those of the named examples that are still stored, by seq. */
    List<LoggedExample> read(AdapterName adapter, Collection<Long> seqs);

    /** See {@link Changes#of}: signals that there may be more to read, or that the adapter was paused, resumed or deleted. */
    Flux<AdapterName> appended(AdapterName adapter);
}
