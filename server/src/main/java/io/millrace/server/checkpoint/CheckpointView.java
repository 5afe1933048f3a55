package io.millrace.server.checkpoint;

import com.google.protobuf.Timestamp;
import io.millrace.trainer.checkpoint.NewRevision;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.v1.ArtifactFile;
import io.millrace.v1.Checkpoint;
import java.time.Instant;

/** Revisions as clients see them. */
final class CheckpointView {
    private CheckpointView() {}

    static Checkpoint of(Revision revision) {
        NewRevision manifest = revision.manifest();
        Checkpoint.Builder checkpoint = Checkpoint.newBuilder()
                .setName("%s/checkpoints/%d".formatted(revision.adapter(), revision.number()))
                .setRevision(revision.number())
                .setParent(manifest.parent().orElse(0L))
                .setBaseModelDigest(manifest.baseModelDigest())
                .setBaseModel(manifest.provenance().getOrDefault("base_model", ""))
                .setMethod(manifest.method())
                .setConfigJson(manifest.config())
                .putAllTrainedThrough(manifest.trainedThrough())
                .setTokens(manifest.tokens())
                .setExamples(manifest.examples())
                .putAllMetrics(manifest.metrics())
                .setGateDecision(manifest.gateDecision())
                .setCreateTime(timestamp(revision.created()))
                .putAllProvenance(manifest.provenance())
                .setRolledBackTo(manifest.rolledBackTo().orElse(0L));
        manifest.files()
                .forEach(file -> checkpoint.addFiles(ArtifactFile.newBuilder()
                        .setName(file.name())
                        .setSha256(file.content().sha256())
                        .setSizeBytes(file.content().size())));
        return checkpoint.build();
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
