package io.millrace.trainer.step;

import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A stretch of training as Java Flight Recorder shows it; it costs next to nothing while nobody records. To be closed on any
 * thread.
 */
@Name(Phase.EVENT)
@Label("Phase of training")
@Category("Millrace")
@Description("Where a training run's time goes")
@StackTrace(false)
public final class Phase extends Event implements AutoCloseable {
    public static final String EVENT = "io.millrace.Phase";

    /** The event's field that names the kind. */
    public static final String KIND = "kind";

    /** What the time goes to. */
    public enum Kind {
        /** Text becomes tokens; beside training. */
        TOKENISE,
        /** Sequences are laid out for the model. */
        PACK,
        /** Forward and backward. */
        GRADIENTS,
        OPTIMISE,
        /** Candidate and live revision are compared. */
        JUDGE,
        /** The files of a commit are written. */
        DRAFT,
        /** They are made durable and named; beside training. */
        COMMIT;

        /** As the event says it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Label("Kind")
    private final String kind;

    private Phase(Kind kind) {
        this.kind = kind.label();
    }

    public static Phase begin(Kind kind) {
        Phase phase = new Phase(kind);
        phase.begin();
        return phase;
    }

    @Override
    public void close() {
        commit();
    }
}
