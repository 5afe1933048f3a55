package io.millrace.trainer.pipeline;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/**
 * Everything decided when a batch was formed that isn't a function of what came before: written down before the step, so
 * that a killed run, resumed, takes the very same steps.
 *
 * @param number batches of the adapter so far, this one included
 * @param through all of the adapter's examples up to this place in the log are in this batch or an earlier one
 * @param train places in the log of the new examples
 * @param replay places in the log of the examples trained on again
 * @param microBatchTokens most tokens per forward and backward pass
 * @param shift true while a detected shift was being learned
 */
record BatchRecord(
        long number,
        long through,
        List<Long> train,
        @JsonProperty("held_out") List<Long> heldOut,
        List<Long> dropped,
        List<Long> replay,
        int microBatchTokens,
        boolean shift) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    BatchRecord {
        train = List.copyOf(train);
        heldOut = List.copyOf(heldOut);
        dropped = List.copyOf(dropped);
        replay = List.copyOf(replay);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException if the text is no batch record */
    static BatchRecord parse(String json) {
        try {
            return JSON.readValue(json, BatchRecord.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("batch record is damaged: " + e.getOriginalMessage(), e);
        }
    }
}
