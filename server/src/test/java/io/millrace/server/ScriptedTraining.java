package io.millrace.server;

import io.millrace.server.ingest.Training;
import io.millrace.trainer.checkpoint.Revision;
import io.millrace.trainer.checkpoint.RevisionStore;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.example.PlainText;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Training that settles nothing by itself, and takes no text of more than 20 words. */
final class ScriptedTraining implements Training {
    private final RevisionStore revisions;
    private final Sinks.Many<AdapterName> commits = Sinks.many().multicast().directBestEffort();

    ScriptedTraining(RevisionStore revisions) {
        this.revisions = revisions;
    }

    void announce(AdapterName adapter) {
        commits.tryEmitNext(adapter);
    }

    /** How many calls wait for commits. */
    int waiting() {
        return commits.currentSubscriberCount();
    }

    @Override
    public Optional<Refusal> check(AdapterName adapter, Example example) {
        return example.content() instanceof PlainText text && text.text().split(" ").length > 20
                ? Optional.of(new Refusal("content.text.text", "has more than 20 words; shorten it"))
                : Optional.empty();
    }

    @Override
    public Flux<?> commits(AdapterName adapter) {
        return commits.asFlux().filter(adapter::equals);
    }

    @Override
    public long latestRevision(AdapterName adapter) {
        return revisions.latest(adapter).map(Revision::number).orElse(0L);
    }

    @Override
    public Figures figures(AdapterName adapter) {
        return new Figures(0.25, Double.NaN, 400);
    }
}
