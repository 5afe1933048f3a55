package io.millrace.server;

import io.millrace.server.ingest.Training;
import io.millrace.trainer.checkpoint.RevisionSpan;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainingProgress;
import java.util.Optional;
import reactor.core.publisher.Flux;

/** What ingest asks of the trainer. */
record TrainerFeed(OnlineTrainer trainer) implements Training {
    @Override
    public Optional<Refusal> check(AdapterName adapter, Example example) {
        return trainer.check(adapter, example)
                .map(refused -> new Refusal("content." + refused.field(), refused.reason()));
    }

    @Override
    public Flux<?> commits(AdapterName adapter) {
        return trainer.commits(adapter);
    }

    @Override
    public long latestRevision(AdapterName adapter) {
        return trainer.revisions().span(adapter).map(RevisionSpan::latest).orElse(0L);
    }

    @Override
    public Figures figures(AdapterName adapter) {
        TrainingProgress progress = trainer.progress(adapter);
        double speed = progress.tokensPerSecond();
        return new Figures(progress.prequentialLoss(), progress.holdoutLoss(), speed > 0 ? speed : Double.NaN);
    }
}
