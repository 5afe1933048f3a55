package io.millrace.server.ingest;

import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.example.Example;
import java.util.Optional;
import reactor.core.publisher.Flux;

/** What ingest asks of the training that goes on behind the log. */
public interface Training {
    /**
     * Why the adapter can't train on the example, if it can't: no trainable token, more tokens than its policy takes, ids beyond the
     * vocabulary. Computes; not for a thread that mustn't block.
     */
    Optional<Refusal> check(AdapterName adapter, Example example);

    /** A signal after each commit: something was settled. Those that come while the subscriber is busy are merged. */
    Flux<?> commits(AdapterName adapter);

    /** The newest published revision; 0: none yet. */
    long latestRevision(AdapterName adapter);

    /** How training goes, as of the last step; NaN where nothing is known yet. */
    Figures figures(AdapterName adapter);

    /** Losses in nats per trained token. */
    record Figures(double prequentialLoss, double holdoutLoss, double tokensPerSecond) {
        public static final Figures NONE = new Figures(Double.NaN, Double.NaN, Double.NaN);
    }

    /** @param field path from the example, such as {@code content.chat} */
    record Refusal(String field, String reason) {}
}
