package io.millrace.server.ingest;

import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.EncodedExample;
import io.millrace.v1.RowError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads and checks the examples of an append. Tokenises, which takes time: not for a thread that mustn't block. */
final class ExampleRows {
    private static final int MOST_EXAMPLES = 10_000;
    private static final int MOST_ERRORS = 100;

    /** What came of it: all rows, or why none of them is taken. */
    sealed interface Checked {
        record Accepted(List<EncodedExample> examples) implements Checked {}

        /** @param rows at most the first 100 that are refused */
        record Refused(Status status, List<RowError> rows) implements Checked {}
    }

    private final Training training;

    ExampleRows(Training training) {
        this.training = training;
    }

    Checked check(AdapterName adapter, List<io.millrace.v1.Example> rows) {
        if (rows.isEmpty() || rows.size() > MOST_EXAMPLES) {
            String message = "examples has %d entries; send 1 to %d".formatted(rows.size(), MOST_EXAMPLES);
            return new Checked.Refused(
                    Failures.status(Code.INVALID_ARGUMENT, "INVALID_ARGUMENT", message, Map.of("field", "examples")),
                    List.of());
        }
        List<EncodedExample> examples = new ArrayList<>(rows.size());
        List<RowError> errors = new ArrayList<>();
        boolean unimplemented = false;
        for (int i = 0; i < rows.size() && errors.size() < MOST_ERRORS; i++) {
            RowReading reading = ExampleReader.read(rows.get(i));
            if (reading instanceof RowReading.Read read) {
                int index = i;
                training.check(adapter, read.example())
                        .ifPresentOrElse(
                                refusal -> errors.add(error(index, refusal.field(), refusal.reason())),
                                () -> examples.add(EncodedExample.of(read.example())));
            } else if (reading instanceof RowReading.Refused refused) {
                errors.add(error(i, refused.field(), refused.reason()));
            } else if (reading instanceof RowReading.Unimplemented row) {
                unimplemented = true;
                errors.add(error(i, row.field(), row.reason()));
            }
        }
        return errors.isEmpty() ? new Checked.Accepted(examples) : refused(errors, unimplemented);
    }

    private static RowError error(int index, String field, String reason) {
        return RowError.newBuilder()
                .setIndex(index)
                .setField(field)
                .setReason(reason)
                .build();
    }

    private static Checked refused(List<RowError> errors, boolean unimplemented) {
        RowError first = errors.get(0);
        String message = "examples[%d].%s: %s".formatted(first.getIndex(), first.getField(), first.getReason());
        if (errors.size() > 1) {
            message += " (and %d more rows)".formatted(errors.size() - 1);
        }
        Map<String, String> metadata = Map.of("field", "examples[%d].%s".formatted(first.getIndex(), first.getField()));
        Status status = unimplemented
                ? Failures.status(Code.UNIMPLEMENTED, "UNIMPLEMENTED_EXAMPLE", message, metadata)
                : Failures.status(Code.INVALID_ARGUMENT, "INVALID_EXAMPLE", message, metadata);
        return new Checked.Refused(status, errors);
    }
}
