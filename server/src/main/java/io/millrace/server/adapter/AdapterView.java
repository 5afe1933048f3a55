package io.millrace.server.adapter;

import com.google.protobuf.Timestamp;
import io.millrace.trainer.checkpoint.RevisionSpan;
import io.millrace.trainer.log.Adapter;
import io.millrace.trainer.pipeline.OnlineTrainer;

/** Adapters as the API shows them. */
final class AdapterView {
    private final OnlineTrainer trainer;

    AdapterView(OnlineTrainer trainer) {
        this.trainer = trainer;
    }

    io.millrace.v1.Adapter of(Adapter adapter) {
        return io.millrace.v1.Adapter.newBuilder()
                .setName(adapter.name().toString())
                .setConfigJson(adapter.config())
                .setState(
                        adapter.isPaused()
                                ? io.millrace.v1.Adapter.State.STATE_PAUSED
                                : io.millrace.v1.Adapter.State.STATE_ACTIVE)
                .setStateReason(adapter.pausedBecause().orElse(""))
                .setRevision(trainer.revisions()
                        .span(adapter.name())
                        .map(RevisionSpan::latest)
                        .orElse(0L))
                .setSteps(trainer.steps(adapter.name()))
                .setCreateTime(Timestamp.newBuilder()
                        .setSeconds(adapter.created().getEpochSecond())
                        .setNanos(adapter.created().getNano()))
                .setEtag(adapter.etag())
                .setActivity(trainer.progress(adapter.name()).activity())
                .build();
    }
}
