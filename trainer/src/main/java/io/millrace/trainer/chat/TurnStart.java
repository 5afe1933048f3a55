package io.millrace.trainer.chat;

import java.util.Optional;

/** Finds where the model takes over in an assistant turn: right after the generation prompt. */
final class TurnStart {
    private final ConversationRenders renders;
    private final Rendered whole;

    TurnStart(ConversationRenders renders) {
        this.renders = renders;
        this.whole = renders.whole();
    }

    /** @return the index in the whole text, or -1 if it can't be told */
    int find(int index, Span region) {
        // A template may write its own preface for no messages at all, so the first turn has no prompt to go by.
        Optional<Rendered> prompt = index == 0 ? Optional.empty() : renders.first(index, true);
        if (prompt.isPresent() && continues(prompt.get().value(), region)) {
            return prompt.get().value().length();
        }
        // The template writes earlier turns otherwise once later ones follow: look in the turn's own region.
        Optional<Rendered> withoutPrompt = prompt.isEmpty() ? Optional.empty() : renders.first(index, false);
        if (withoutPrompt.isPresent()) {
            String added = added(prompt.orElseThrow(), withoutPrompt.get());
            return added.isEmpty() ? afterClosing(prompt.orElseThrow().closing(), region) : after(added, region);
        }
        return renders.wholeWithPrompt()
                .map(rendered -> added(rendered, whole))
                .map(added -> added.isEmpty() ? afterClosing("", region) : after(added, region))
                .orElse(-1);
    }

    /** Whether the whole text is what this prompt asks to be continued, and goes on within the turn's region. */
    private boolean continues(String prompt, Span region) {
        return prompt.length() >= region.start()
                && prompt.length() < region.end()
                && whole.value().startsWith(prompt);
    }

    private static String added(Rendered withPrompt, Rendered without) {
        int common = Rendered.common(
                withPrompt.piecesIn(0, withPrompt.text().length()),
                without.piecesIn(0, without.text().length()));
        return withPrompt.value().substring(common);
    }

    /** After the generation prompt, which must stand once in what the template writes before the turn's own text. */
    private int after(String prompt, Span region) {
        String lead = lead(region);
        int found = lead.indexOf(prompt);
        if (found >= 0) {
            return lead.indexOf(prompt, found + 1) < 0 ? region.start() + found + prompt.length() : -1;
        }
        // A prompt may say more than a past turn shows, such as an opened block of thoughts.
        return !lead.isEmpty() && prompt.startsWith(lead) ? region.start() + lead.length() : -1;
    }

    /** After what closes the earlier turns, where the template has no generation prompt. */
    private int afterClosing(String closing, Span region) {
        String lead = lead(region);
        if (!closing.isEmpty() && lead.startsWith(closing)) {
            return region.start() + closing.length();
        }
        return Whitespace.isBlank(closing) && Whitespace.isBlank(lead) ? region.start() : -1;
    }

    private String lead(Span region) {
        return whole.value().substring(region.start(), whole.firstOfMessages(region.start(), region.end()));
    }
}
