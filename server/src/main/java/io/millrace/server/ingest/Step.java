package io.millrace.server.ingest;

import com.google.rpc.Status;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.v1.RowError;
import java.util.List;

/** What is to be done about appends, in the order in which they came. */
sealed interface Step {
    /**
     * An append whose examples can be taken.
     *
     * @param offset of the first example
     */
    record Append(long offset, List<EncodedExample> examples) {
        long end() {
            return offset + examples.size();
        }
    }

    /** Appends to be stored as one, since each starts where the one before it ends; at least one. */
    record Store(List<Append> appends) implements Step {
        public Store {
            appends = List.copyOf(appends);
        }

        long offset() {
            return appends.get(0).offset();
        }

        List<EncodedExample> examples() {
            return appends.size() == 1
                    ? appends.get(0).examples()
                    : appends.stream()
                            .flatMap(append -> append.examples().stream())
                            .toList();
        }
    }

    /** An append with examples that can't be taken. */
    record Refuse(long offset, Status status, List<RowError> rows) implements Step {}

    /** Something that isn't an append, which ends the call. */
    record Misplaced() implements Step {}
}
