package io.millrace.trainer.tokenizer;

import io.millrace.trainer.chat.ChatTemplate;
import io.millrace.trainer.chat.Span;
import io.millrace.trainer.chat.TrainingText;
import io.millrace.trainer.example.Chat;
import io.millrace.trainer.example.Completion;
import io.millrace.trainer.example.PlainText;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes examples as the text that is tokenised.
 *
 * @param template the model's chat template; without one chats are refused
 * @param variables of the template
 */
record Preparation(Optional<ChatTemplate> template, Map<String, Object> variables) {
    static final String NO_TEMPLATE =
            "can't be used: the model has no chat template; send prompt and completion, or use an instruct model";

    Prepared chat(Chat chat) {
        for (int i = 0; i < chat.messages().size(); i++) {
            Optional<String> invalid = chat.messages().get(i).content().flatMap(InvalidText::in);
            if (invalid.isPresent()) {
                return Prepared.Unusable.because("messages[%d].content".formatted(i), invalid.get());
            }
        }
        if (template.isEmpty()) {
            return Prepared.Unusable.because("messages", NO_TEMPLATE);
        }
        TrainingText text = template.get().trainingText(chat, variables);
        if (text instanceof TrainingText.Refused refused) {
            return Prepared.Unusable.because("messages", refused.reason());
        }
        TrainingText.Located located = (TrainingText.Located) text;
        return InvalidText.in(located.text())
                .<Prepared>map(invalid -> Prepared.Unusable.because("messages", invalid))
                .orElseGet(() -> new Prepared.Text("messages", located.text(), located.trained(), false));
    }

    Prepared completion(Completion example) {
        Optional<String> invalidPrompt = InvalidText.in(example.prompt());
        if (invalidPrompt.isPresent()) {
            return Prepared.Unusable.because("prompt", invalidPrompt.get());
        }
        Optional<String> invalid = InvalidText.in(example.completion());
        if (invalid.isPresent()) {
            return Prepared.Unusable.because("completion", invalid.get());
        }
        String text = example.prompt() + example.completion();
        Span completion = new Span(example.prompt().length(), text.length());
        return new Prepared.Text("completion", text, List.of(completion), true);
    }

    Prepared plainText(PlainText example) {
        String text = example.text();
        return InvalidText.in(text)
                .<Prepared>map(invalid -> Prepared.Unusable.because("text", invalid))
                .orElseGet(() -> new Prepared.Text("text", text, List.of(new Span(0, text.length())), true));
    }
}
