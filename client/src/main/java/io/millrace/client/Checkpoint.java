package io.millrace.client;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The manifest of a published revision.
 *
 * @param name {@code tenants/{t}/adapters/{a}/checkpoints/{revision}}
 * @param revision numbered from 1 without gaps
 * @param parent the revision it was trained on from; 0: from the start
 * @param baseModel hub name of the base model
 * @param baseModelDigest {@code sha256:…}
 * @param method such as {@code lora}
 * @param configJson the method's configuration, a JSON object as text
 * @param files a PEFT folder's files
 * @param trainedThrough per stream, the first offset not settled when it was published
 * @param tokens trained tokens so far
 * @param examples examples so far
 * @param metrics such as {@code holdout_loss}, {@code prequential_loss}: mean nats per trained token
 * @param gateDecision why it was published
 * @param provenance versions and settings it was made with
 * @param rolledBackTo after a rollback, the revision whose weights these are again
 */
public record Checkpoint(
        String name,
        long revision,
        long parent,
        String baseModel,
        String baseModelDigest,
        String method,
        String configJson,
        List<ArtifactFile> files,
        Map<String, Long> trainedThrough,
        long tokens,
        long examples,
        Map<String, Double> metrics,
        String gateDecision,
        Instant createTime,
        Map<String, String> provenance,
        OptionalLong rolledBackTo) {
    public Checkpoint {
        files = List.copyOf(files);
        trainedThrough = Map.copyOf(trainedThrough);
        metrics = Map.copyOf(metrics);
        provenance = Map.copyOf(provenance);
    }

    /** A metric, if this revision has it. */
    public OptionalDouble metric(String metric) {
        Double value = metrics.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    static Checkpoint of(io.millrace.v1.Checkpoint manifest) {
        return new Checkpoint(
                manifest.getName(),
                manifest.getRevision(),
                manifest.getParent(),
                manifest.getBaseModel(),
                manifest.getBaseModelDigest(),
                manifest.getMethod(),
                manifest.getConfigJson(),
                manifest.getFilesList().stream().map(ArtifactFile::of).toList(),
                manifest.getTrainedThroughMap(),
                manifest.getTokens(),
                manifest.getExamples(),
                manifest.getMetricsMap(),
                manifest.getGateDecision(),
                instant(manifest.getCreateTime()),
                manifest.getProvenanceMap(),
                manifest.getRolledBackTo() == 0 ? OptionalLong.empty() : OptionalLong.of(manifest.getRolledBackTo()));
    }

    static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
