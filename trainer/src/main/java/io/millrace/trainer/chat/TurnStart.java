package io.millrace.trainer.chat;

import java.util.List;
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
            return added.isEmpty() ? afterClosing(prompt.orElseThrow().closing(), region) : after(added, index, region);
        }
        String added = renders.wholeWithPrompt()
                .map(rendered -> added(rendered, whole))
                .orElse("");
        if (added.isEmpty()) {
            return Whitespace.isBlank(whole.lead(region)) ? region.start() : -1;
        }
        return after(added, index, region);
    }

    /** Whether the whole text is what this prompt asks to be continued, and goes on within the turn's region. */
    private boolean continues(String prompt, Span region) {
        return prompt.length() >= region.start()
                && prompt.length() < region.end()
                && whole.value().startsWith(prompt);
    }

    /** The generation prompt: what the template writes more with it than without. */
    private static String added(Rendered withPrompt, Rendered without) {
        int common = Rendered.common(
                withPrompt.piecesIn(0, withPrompt.text().length()),
                without.piecesIn(0, without.text().length()));
        return withPrompt.value().substring(common);
    }

    /** After the generation prompt, which must stand once in what the template writes before the turn's own text. */
    private int after(String prompt, int index, Span region) {
        String lead = whole.lead(region);
        int found = lead.indexOf(prompt);
        if (found < 0) {
            return afterHeader(prompt, index, region);
        }
        return lead.indexOf(prompt, found + 1) < 0 ? region.start() + found + prompt.length() : -1;
    }

    /**
     * After the header of a turn whose generation prompt opens more than the turn shows, such as a block of thoughts. The
     * header is what stands before a plain answer in this turn's place; what the prompt opens must be left out whole.
     */
    private int afterHeader(String prompt, int index, Span region) {
        Optional<String> header = renders.withPlainAnswer(index).flatMap(plain -> {
            List<Span> regions = plain.regions(ConversationRenders.number(index));
            return regions.size() == 1 ? Optional.of(plain.lead(regions.get(0))) : Optional.empty();
        });
        return header.filter(text -> !text.isEmpty()
                        && text.length() < prompt.length()
                        && prompt.startsWith(text)
                        && !Whitespace.is(prompt.charAt(text.length()))
                        && whole.value().startsWith(text, region.start()))
                .map(text -> region.start() + text.length())
                .orElse(-1);
    }

    /** After what closes the earlier turns, where the template has no generation prompt. */
    private int afterClosing(String closing, Span region) {
        return whole.lead(region).startsWith(closing) ? region.start() + closing.length() : -1;
    }
}
