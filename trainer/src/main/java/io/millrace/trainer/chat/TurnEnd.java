package io.millrace.trainer.chat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds where the end of turn that follows an assistant's text ends itself. */
final class TurnEnd {
    private final ConversationRenders renders;
    private final Rendered whole;
    private final Optional<String> eosToken;

    TurnEnd(ConversationRenders renders, Optional<String> eosToken) {
        this.renders = renders;
        this.whole = renders.whole();
        this.eosToken = eosToken;
    }

    /** @return the index in the whole text, or -1 if nothing ends the turn */
    int find(int index, Span region, int start) {
        int textEnd = whole.endOf(ConversationRenders.number(index), start, region.end());
        int tailEnd = tailEnd(index, textEnd, region.end());
        String tail = whole.value().substring(textEnd, tailEnd);
        int eos = eosToken.map(tail::indexOf).orElse(-1);
        if (eos >= 0) {
            return textEnd + eos + eosToken.orElseThrow().length();
        } else if (!Whitespace.isBlank(tail)) {
            return textEnd + Whitespace.endWithout(tail, 0);
        }
        int next = Whitespace.skip(whole.value(), textEnd);
        if (eosToken.isPresent() && whole.value().startsWith(eosToken.get(), next)) {
            return next + eosToken.get().length(); // written after the loop over the messages
        }
        return tail.isEmpty() ? -1 : tailEnd;
    }

    /**
     * How far what follows the turn's text is the turn's own: as far as the template writes the same when the conversation
     * stops here or goes on with a generation prompt.
     */
    private int tailEnd(int index, int textEnd, int regionEnd) {
        List<String> tail = whole.piecesIn(textEnd, regionEnd);
        int length = Stream.of(true, false)
                .flatMap(addGenerationPrompt -> renders.first(index + 1, addGenerationPrompt).stream())
                .mapToInt(other -> Rendered.common(tail, tailIn(other, index, textEnd)))
                .filter(common -> !Whitespace.isBlank(whole.value().substring(textEnd, textEnd + common)))
                .min()
                .orElse(regionEnd - textEnd);
        return textEnd + length;
    }

    private List<String> tailIn(Rendered other, int index, int textEnd) {
        char message = ConversationRenders.number(index);
        List<Span> regions = other.regions(message);
        if (regions.size() != 1) {
            return List.of();
        }
        Span region = regions.get(0);
        int otherEnd = other.endOf(message, region.start(), region.end());
        boolean empty = otherEnd == region.start();
        boolean sameSoFar = textEnd <= region.end()
                && other.value().startsWith(whole.value().substring(0, textEnd));
        if (empty && !sameSoFar) {
            return List.of();
        }
        return other.piecesIn(empty ? textEnd : otherEnd, region.end());
    }
}
