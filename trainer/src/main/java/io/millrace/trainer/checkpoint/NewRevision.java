package io.millrace.trainer.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A revision to be published; it gets its number and time from the store.
 *
 * @param parent the revision it was trained on from; absent: from the start
 * @param files a PEFT folder's, already in the artifact store
 * @param baseModelDigest such as {@code sha256:…}
 * @param method such as {@code lora}
 * @param config the method's configuration, a JSON object as text
 * @param trainedThrough per stream id, the first offset not settled
 * @param tokens trained tokens so far
 * @param examples trained examples so far
 * @param metrics such as {@code holdout_loss}, {@code prequential_loss}: mean nats per trained token
 * @param gateDecision why the gate published it
 * @param provenance versions and settings it was made with
 * @param rolledBackTo the revision whose weights these are again
 */
public record NewRevision(
        Optional<Long> parent,
        List<ArtifactFile> files,
        String baseModelDigest,
        String method,
        String config,
        Map<String, Long> trainedThrough,
        long tokens,
        long examples,
        Map<String, Double> metrics,
        String gateDecision,
        Map<String, String> provenance,
        Optional<Long> rolledBackTo) {
    public NewRevision {
        files = List.copyOf(files);
        trainedThrough = Map.copyOf(trainedThrough);
        metrics = Map.copyOf(metrics);
        provenance = Map.copyOf(provenance);
        if (files.isEmpty()) {
            throw new IllegalArgumentException("files is empty; a revision needs at least its weights");
        }
    }
}
