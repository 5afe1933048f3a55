package io.millrace.server.ingest;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.millrace.server.grpc.Failures;
import io.millrace.trainer.log.AppendOutcome;
import java.util.Map;

/** Appends that the log refuses, and rows that are refused before they reach it, as statuses. */
final class AppendRefusals {
    private AppendRefusals() {}

    /** @param offset of the append */
    static Status of(AppendOutcome outcome, long offset) {
        if (outcome instanceof AppendOutcome.Gap gap) {
            String message = "offset is %d, but the stream's next offset is %d: go on from there"
                    .formatted(offset, gap.nextOffset());
            return Failures.status(
                    Code.OUT_OF_RANGE, "OFFSET_GAP", message, Map.of("next_offset", Long.toString(gap.nextOffset())));
        }
        if (outcome instanceof AppendOutcome.Conflict conflict) {
            String message =
                    "another example is stored at offset %d: a resend has to be the same".formatted(conflict.offset());
            return Failures.status(
                    Code.ALREADY_EXISTS,
                    "OFFSET_CONFLICT",
                    message,
                    Map.of("offset", Long.toString(conflict.offset())));
        }
        if (outcome instanceof AppendOutcome.InvalidOffset) {
            String message = "offset is %d; offsets start at 0".formatted(offset);
            return Failures.status(Code.OUT_OF_RANGE, "OFFSET_NEGATIVE", message, Map.of());
        }
        if (outcome instanceof AppendOutcome.AtBound full) {
            return Failures.status(Code.RESOURCE_EXHAUSTED, "LOG_AT_BOUND", reason(full), Map.of());
        }
        throw new IllegalArgumentException("outcome is %s; that is no refusal of an append".formatted(outcome));
    }

    static String reason(AppendOutcome.AtBound full) {
        return "%d bytes of the adapter's examples wait to be trained on, of at most %d; try again when some are settled"
                .formatted(full.unsettledBytes(), full.bound());
    }

    /** The status of a unary call, which has no other place for its row errors. */
    static Status withRows(ExampleRows.Checked.Refused refused) {
        BadRequest.Builder violations = BadRequest.newBuilder();
        refused.rows()
                .forEach(row -> violations.addFieldViolations(FieldViolation.newBuilder()
                        .setField("examples[%d].%s".formatted(row.getIndex(), row.getField()))
                        .setDescription(row.getReason())));
        return refused.status().toBuilder()
                .addDetails(Any.pack(violations.build()))
                .build();
    }
}
