package io.millrace.trainer.checkpoint;

/** What became of opening an artifact. */
public sealed interface OpenedArtifact {
    /** Its content is what its name says. To be closed by who opened it. */
    record Intact(ArtifactLease lease) implements OpenedArtifact {}

    /** Its file is missing, or was found damaged and moved to quarantine. */
    record Damaged(String sha256, String reason) implements OpenedArtifact {}

    /** No commit and no revision names it. */
    record Unknown(String sha256) implements OpenedArtifact {}
}
