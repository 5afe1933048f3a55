package io.millrace.trainer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A conversation as a whole and cut off after any of its messages. */
final class ConversationRenders {
    private final ChatRenderer renderer;
    private final List<Dict> messages;
    private final Rendered whole;

    /** @throws ChatTemplateException if the template refuses the whole conversation */
    ConversationRenders(ChatRenderer renderer, List<Dict> messages) {
        this.renderer = renderer;
        this.messages = messages;
        this.whole = renderer.render(messages, false);
    }

    /** The number that a message's characters carry as their origin. */
    static char number(int index) {
        return (char) (index + 1);
    }

    Rendered whole() {
        return whole;
    }

    /** The whole conversation with the generation prompt at its end, or empty if the template refuses that. */
    Optional<Rendered> wholeWithPrompt() {
        return first(messages.size(), true);
    }

    /** The first {@code count} messages, or empty if the template refuses a conversation that stops there. */
    Optional<Rendered> first(int count, boolean addGenerationPrompt) {
        if (count == messages.size() && !addGenerationPrompt) {
            return Optional.of(whole);
        }
        return attempt(messages.subList(0, count), addGenerationPrompt);
    }

    /** The whole conversation with a word of plain text in place of one assistant turn, or empty if the template refuses that. */
    Optional<Rendered> withPlainAnswer(int index) {
        List<Dict> changed = new ArrayList<>(messages);
        changed.set(index, JsonValues.message(Map.of("role", "assistant", "content", "answer"), index + 1));
        return attempt(changed, false);
    }

    private Optional<Rendered> attempt(List<Dict> conversation, boolean addGenerationPrompt) {
        try {
            return Optional.of(renderer.render(conversation, addGenerationPrompt));
        } catch (ChatTemplateException e) {
            return Optional.empty(); // the caller goes by other renders
        }
    }
}
