package io.millrace.client;

import io.millrace.client.SendEvent.Refusal;
import io.millrace.v1.RowError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Takes the examples that a server refuses out of what is to be sent. */
final class RowRefusals {
    private RowRefusals() {}

    /**
     * Takes them out and returns them with the first reason given for each.
     *
     * @param offset that of the refused append; all of it is to be sent again
     */
    static List<Refusal> leaveOut(SendWindow window, long offset, List<RowError> errors) {
        int first = (int) (offset - window.firstOffset());
        Map<Integer, RowError> byIndex = new HashMap<>();
        errors.forEach(error -> byIndex.putIfAbsent(first + error.getIndex(), error));
        List<Refusal> refusals = new ArrayList<>();
        window.remove(byIndex.keySet()).forEach((index, held) -> {
            RowError error = byIndex.getOrDefault(index, RowError.getDefaultInstance());
            refusals.add(new Refusal(held.example(), error.getField(), error.getReason()));
        });
        return refusals;
    }
}
