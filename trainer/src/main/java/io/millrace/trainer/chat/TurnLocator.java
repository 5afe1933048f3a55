package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds what the model would generate in each assistant turn, whatever the template's wording.
 *
 * <p>A turn's region is what the template's loop wrote while it stood at that message. Its beginning and its end are found in
 * it by {@link TurnStart} and {@link TurnEnd}; that no other message's text lies between is checked by the origins of the
 * characters. Whatever doesn't fit makes the whole chat refused.
 */
final class TurnLocator {
    private static final int MESSAGES = 1_000;

    /** What became of one assistant turn. */
    private sealed interface Turn {
        record Found(Span span) implements Turn {}

        /** The template doesn't show the turn. */
        record LeftOut() implements Turn {}

        record Lost(String reason) implements Turn {}
    }

    private final ConversationRenders renders;
    private final List<Dict> messages;
    private final TurnStart starts;
    private final TurnEnd ends;

    TurnLocator(ChatRenderer renderer, List<Dict> messages, Optional<String> eosToken) {
        this.renders = new ConversationRenders(renderer, messages);
        this.messages = messages;
        this.starts = new TurnStart(renders);
        this.ends = new TurnEnd(renders, eosToken);
    }

    /** @throws ChatTemplateException if the template refuses the whole conversation */
    TrainingText locate() {
        if (messages.size() > MESSAGES) {
            return new TrainingText.Refused(
                    "the chat has %,d messages; turns are located in at most %,d".formatted(messages.size(), MESSAGES));
        }
        List<Span> trained = new ArrayList<>();
        int previousEnd = 0;
        for (int i = 0; i < messages.size(); i++) {
            if (!isAssistant(messages.get(i))) {
                continue;
            }
            Turn turn = locate(i);
            if (turn instanceof Turn.Found found && found.span().start() >= previousEnd) {
                trained.add(found.span());
                previousEnd = found.span().end();
            } else if (!(turn instanceof Turn.LeftOut)) {
                String reason = turn instanceof Turn.Lost lost ? lost.reason() : "it overlaps an earlier turn";
                return new TrainingText.Refused(
                        "messages[%d], an assistant turn, can't be located: %s".formatted(i, reason));
            }
        }
        return trained.isEmpty()
                ? new TrainingText.Refused("the rendered chat has no assistant turn to train on")
                : new TrainingText.Located(renders.whole().value(), trained);
    }

    private static boolean isAssistant(Dict message) {
        return Text.of("assistant").equals(message.get(Text.of("role")));
    }

    private static boolean saysSomething(Dict message) {
        return message.get(Text.of("content")) instanceof Text content && !Whitespace.isBlank(content.value());
    }

    private Turn locate(int index) {
        Rendered whole = renders.whole();
        char message = ConversationRenders.number(index);
        List<Span> regions = whole.regions(message);
        if (regions.isEmpty() && !whole.holds(message)) {
            return new Turn.LeftOut();
        } else if (regions.size() != 1) {
            return new Turn.Lost("the template writes it in several places or outside of its loop over the messages");
        }
        Span region = regions.get(0);
        int start = starts.find(index, region);
        if (start < 0) {
            return new Turn.Lost("the generation prompt can't be found in front of it");
        }
        int end = ends.find(index, region, start);
        if (end < 0) {
            return new Turn.Lost("the template writes no end of turn after it");
        } else if (whole.holdsOther(message, start, end)) {
            return new Turn.Lost("the template mixes it with another message's text");
        } else if (saysSomething(messages.get(index)) && whole.endOf(message, start, end) == start) {
            return new Turn.Lost("the template doesn't show its text there");
        }
        return new Turn.Found(new Span(start, end));
    }
}
