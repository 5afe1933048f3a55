package io.millrace.trainer.pipeline;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** The newest commit and progress of an adapter. Those who listen get the newest, and miss what they are too slow for. */
final class News {
    private final Sinks.Many<CommitEvent> commits = Sinks.many().replay().latest();
    private volatile TrainingProgress progress = TrainingProgress.NONE;

    void committed(CommitEvent event) {
        commits.emitNext(event, Sinks.EmitFailureHandler.FAIL_FAST);
    }

    void progress(TrainingProgress newest) {
        progress = newest;
    }

    Flux<CommitEvent> commits() {
        return commits.asFlux().onBackpressureLatest();
    }

    TrainingProgress progress() {
        return progress;
    }
}
