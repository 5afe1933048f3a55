package io.millrace.trainer.eval;

import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * What speaks for a candidate and against it. What takes further passes through the model is supplied, and asked for at most once:
 * the trained ones when neither the newest nor the recent ones speak for it, the others when something does.
 *
 * @param newest losses of the newest held-out examples; after a detected shift only of those that came after it
 * @param recent losses of examples that came since the live revision was judged and that neither version was trained on:
 *     held out, or about to be trained on
 * @param trained losses of examples that the candidate was trained on last, and the live revision wasn't: the candidate's are
 *     those before the step; none where examples about to be trained on are among the recent ones
 * @param known losses of the examples that the live revision was judged by; none where the old may have to go
 * @param swapped losses of recent examples under the candidate, with answers swapped among them in the place of live losses,
 *     and with their own; absent where there are too few answers among them
 * @param liveMargin by how much the live revision tells the right answers of what it was judged by from swapped ones, as
 *     {@link Gate#margin}; 0: it doesn't tell them apart; infinite: not known
 */
public record Evidence(
        PairedLosses newest,
        PairedLosses recent,
        Supplier<PairedLosses> trained,
        PairedLosses known,
        Supplier<Optional<PairedLosses>> swapped,
        DoubleSupplier liveMargin) {
    /** What a candidate may be better on, in the order in which it is asked for. */
    List<Supplier<PairedLosses>> examples() {
        return List.of(this::newest, this::recent, trained);
    }
}
